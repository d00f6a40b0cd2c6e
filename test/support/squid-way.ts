// Both ways out of an installed agent by the real squid with a password, and TLS behind it, in place of the straight ones.

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

/** Restarts the service on that way; disposed of, it goes straight again. */
export async function goBySquid({ host, plane, simulator, write, ready }: InstalledWorld): Promise<SquidWay> {
  await using parts = new AsyncDisposableStack()
  const directory = parts.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-squid-'))).path
  const authority = await makeCertificateAuthority(directory, 'Squid Way CA')
  const certificate = await authority.issue('localhost')
  const planeFront = parts.use(await startTlsFront(plane.url, certificate))
  const jumpcloudFront = parts.use(await startTlsFront(simulator.url, certificate))
  const squid = parts.use(await startSquid(directory, user))
  const ca = await write('/etc/sallyport/ca.pem', authority.cert, 0o644)
  await write('/etc/sallyport/credentials/proxy', user.password)
  const way = `ca: ${ca}, proxy: { url: "${squid.url}", username: ${user.username}, password: { systemd: proxy } }`
  const { url } = jumpcloudFront

  const before = await host.run('cat', configurationFile)
  const restart = async (configuration: string) => {
    await write(configurationFile, `${configuration}\n`, 0o644)
    await host.run('systemctl', 'restart', 'sallyport')
    await ready()
  }
  parts.defer(() => restart(before))
  await restart(`plane: { url: "${planeFront.url}", ${way} }
connections:
  main: { baseUrls: { console: "${url}", api: "${url}", oauth: "${url}" }, credential: { systemd: main }, ${way} }`)
  const owned = parts.move()
  return {
    wasTaken: async () => {
      const lines = await squid.connects()
      return [planeFront, jumpcloudFront].every(({ port }) => lines.includes(`200 localhost:${port} ${user.username}`))
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
