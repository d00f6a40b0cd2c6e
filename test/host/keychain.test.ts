// A key in the real keychain of a Linux desktop: the package that reads it, the D-Bus session between them, and GNOME Keyring.

import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type GnomeKeyring, startGnomeKeyring } from '../support/gnome-keyring.ts'
import { shareInstallation } from '../support/story.ts'
import { until } from '../support/until.ts'

const installation = shareInstallation({
  sizes: { users: 4, groups: 3, dynamicGroups: 0, membersPerGroup: 0, events: 0 },
})

const [service, account] = ['sallyport', 'desk']

async function openDesk() {
  await using parts = new AsyncDisposableStack()
  const { path } = parts.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-keychain-')))
  const keyring: GnomeKeyring = parts.use(await startGnomeKeyring(path))
  await installation.agent.stop()
  const credential = JSON.stringify({ keychain: { service, account } })
  const host = parts.use(await installation.addHost(path.slice(path.lastIndexOf('/') + 1), { credential }))
  await host.enrol(String((await installation.plane.caller.ask('POST', '/v1/agents/acme/codes', {})).body.code))
  const owned = parts.move()
  return { keyring, host, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

const read = async () => (await installation.run('org.get', {}, { ttlMs: 60_000 })).state
const isUsed = async (keyId: string) =>
  (await installation.simulator.requests()).some((request) => request.keyId === keyId && request.status === 200)

test('a key is taken from there, and another one that is put in its place takes over without a restart', async () => {
  await using desk = await openDesk()
  const { keyring, host } = desk
  await keyring.store(service, account, await installation.simulator.issue('desk-1'))
  await host.start('session.opened', keyring)

  expect(await read()).toBe('done')
  expect(await isUsed('desk-1')).toBe(true)
  await keyring.store(service, account, await installation.simulator.issue('desk-2'))
  await host.program.line(({ event }) => event === 'credential.taken')
  await until(async () => (await read()) === 'done' && (await isUsed('desk-2')))
})

test('an entry that is not there, a keychain that is locked and a session that is missing are told apart', async () => {
  await using desk = await openDesk()
  const { keyring, host } = desk
  const whyNot = async (environment: Readonly<Record<string, string>>) => {
    await host.start('session.opened', { environment })
    const line = await host.program.line(({ event }) => event === 'credential.missing')
    await host.stop()
    return JSON.stringify(line)
  }

  const reasons = [await whyNot(keyring.environment)]
  await keyring.store(service, account, await installation.simulator.issue('desk-3'))
  await keyring.lock()
  reasons.push(await whyNot(keyring.environment), await whyNot({}))

  expect(reasons).toEqual([
    expect.stringContaining('the keychain of this user has no such entry'),
    expect.stringContaining('the keychain is locked, or does not let this user in'),
    expect.stringContaining('this process has no D-Bus session'),
  ])
})
