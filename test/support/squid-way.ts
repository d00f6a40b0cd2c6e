// Both ways out of an installed agent by the real squid with a password, and TLS behind it, in place of the straight ones: setup
// makes them, of an authority and a password that only root can read.

import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificateAuthority } from './certificate-authority.ts'
import type { InstalledWorld } from './installed-agent.ts'
import { startSquid } from './squid.ts'
import { startTlsFront } from './tls-front.ts'

export type SquidWay = AsyncDisposable & {
  /** Squid let a connection through to the control plane, and one to JumpCloud. */
  wasTaken(): Promise<boolean>
}

const configurationFile = '/etc/sallyport/config.yaml'
const user = { username: 'agent', password: 'open-sesame-0123456789' }

/** Sets the service up anew on that way; disposed of, it goes straight again. */
export async function goBySquid({ host, plane, simulator, write, ready }: InstalledWorld): Promise<SquidWay> {
  await using parts = new AsyncDisposableStack()
  const directory = parts.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-squid-'))).path
  const authority = await makeCertificateAuthority(directory, 'Squid Way CA')
  const certificate = await authority.issue('localhost')
  const planeFront = parts.use(await startTlsFront(plane.url, certificate))
  const jumpcloudFront = parts.use(await startTlsFront(simulator.url, certificate))
  const squid = parts.use(await startSquid(directory, user))
  const ca = await write('/srv/authority.pem', authority.cert)
  const password = await write('/srv/password', `${user.password}\n`)
  const key = await write('/srv/key', simulator.key)

  const before = await host.run('cat', configurationFile)
  parts.defer(async () => {
    await write(configurationFile, `${before}\n`, 0o644)
    await host.run('systemctl', 'restart', 'sallyport')
    await ready()
  })
  await host.run('rm', configurationFile)
  const ends = ['--plane', planeFront.url, '--base-url', jumpcloudFront.url, '--key-file', key]
  const way = ['--ca', ca, '--proxy', squid.url, '--proxy-user', user.username, '--proxy-password-file', password]
  await host.run('sallyport', 'setup', ...ends, ...way, '--non-interactive')
  await host.run('rm', ca, password, key)
  await ready()
  const owned = parts.move()
  return {
    wasTaken: async () => {
      const lines = await squid.connects()
      return [planeFront, jumpcloudFront].every(({ port }) => lines.includes(`200 localhost:${port} ${user.username}`))
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
