// A credential that changes under a hundred runs a second, read from where customers keep it: the output of a program, a
// keychain, the credential directory of a service. No run is lost by it.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { AgentHost } from '../support/agent-host.ts'
import type { Finished } from '../support/plane-caller.ts'
import { shareInstallation } from '../support/story.ts'
import { underLoad } from '../support/under-load.ts'
import { until } from '../support/until.ts'

const installation = shareInstallation({
  sizes: { users: 4, groups: 3, dynamicGroups: 0, membersPerGroup: 0, events: 0 },
})

// The one that every story has reads a file; here each source has a host of its own.
beforeAll(async () => {
  await installation.agent.stop()
})

async function hostWith(name: string, credential: object): Promise<AgentHost> {
  const host = await installation.addHost(name, { credential: JSON.stringify(credential) })
  const { body } = await installation.plane.caller.ask('POST', '/v1/agents/acme/codes', {})
  await host.enrol(String(body.code))
  return host
}

const placeOf = (name: string) => join(installation.directory, name)
const issue = (name: string) => installation.simulator.issue(name)
const revoke = (key: string) => installation.simulator.pull('revokeKey', { key })
const write = (path: string, text: string) => writeFile(path, text, { mode: 0o600 })
const lifetime = { ttlMs: 60_000 }
const load = () => installation.run('org.get', {}, lifetime)
const lost = (finished: readonly Finished[]) => finished.filter(({ state }) => state !== 'done')

const isUsed = async (keyId: string) =>
  (await installation.simulator.requests()).some((request) => request.keyId === keyId && request.status === 200)
const said = ({ program }: AgentHost, event: string, after = 0) => program.line((line) => line.event === event, after)

test('a program that gives another secret: runs wait while the old one is revoked, and go on with the new one', async () => {
  const file = placeOf('printed')
  const [first, second] = [await issue('printed-1'), await issue('printed-2')]
  await write(file, first)
  const host = await hostWith('exec', { exec: ['/bin/cat', file] })
  await host.start()

  const finished = await underLoad(load, async () => {
    await until(() => isUsed('printed-1'))
    await revoke(first)
    await said(host, 'run.parked')
    await write(file, second)
    await said(host, 'credential.taken')
    await until(() => isUsed('printed-2'))
  })

  expect(lost(finished)).toEqual([])
  await host.stop()
})

test('a file that is written anew takes over while both secrets are good, and no run notices', async () => {
  const file = placeOf('secret')
  await write(file, await issue('written-1'))
  const host = await hostWith('file', { file })
  await host.start()

  const finished = await underLoad(load, async () => {
    await until(() => isUsed('written-1'))
    await write(file, await issue('written-2'))
    await said(host, 'credential.taken')
    await until(() => isUsed('written-2'))
  })

  expect(lost(finished)).toEqual([])
  expect(host.lines().filter((line) => line.includes('run.parked'))).toEqual([])
  await host.stop()
})

const keychainProgram = join(import.meta.dirname, '../support/keychain-program.ts')
const withKeychain = (keychain: string) => ({
  environment: { NODE_OPTIONS: `--import=${keychainProgram}`, KEYCHAIN: keychain },
})

test('a keychain entry that is replaced ends the wait of runs whose key was revoked; a missing package and a missing D-Bus are named', async () => {
  const file = placeOf('keychain.json')
  const tell = (key: string) => write(file, JSON.stringify({ 'sallyport/desk': key }))
  const [first, second] = [await issue('kept-1'), await issue('kept-2')]
  await tell(first)
  const host = await hostWith('keychain', { keychain: { service: 'sallyport', account: 'desk' } })

  await host.start('session.opened', withKeychain('absent'))
  const absent = await said(host, 'credential.missing')
  await host.stop()
  await host.start('session.opened', withKeychain('locked'))
  const locked = await said(host, 'credential.missing')
  await host.stop()
  await host.start('session.opened', withKeychain(file))
  const finished = await underLoad(load, async () => {
    await until(() => isUsed('kept-1'))
    await revoke(first)
    await said(host, 'run.parked')
    await tell(second)
    await said(host, 'credential.taken')
  })

  expect(JSON.stringify(absent)).toContain('the optional package keytar is not installed')
  expect(JSON.stringify(locked)).toContain('this process has no D-Bus session (DBUS_SESSION_BUS_ADDRESS is not set)')
  expect(lost(finished)).toEqual([])
  expect(await isUsed('kept-2')).toBe(true)
  await host.stop()
})

async function startService() {
  const directory = placeOf('credentials')
  await mkdir(directory, { mode: 0o700, recursive: true })
  const tell = (key: string) => write(join(directory, 'jumpcloud'), key)
  const environment = { CREDENTIALS_DIRECTORY: directory }
  return { tell, started: ['session.opened', { environment }] as const }
}

test('the credential of a service changes by a drained restart, which loses no run', async () => {
  const { simulator, plane } = installation
  const { tell, started } = await startService()
  const first = await issue('service-1')
  await tell(first)
  const host = await hostWith('service', { systemd: 'jumpcloud' })
  await host.start(...started)
  const listings: string[] = []

  const finished = await underLoad(load, async () => {
    await until(() => isUsed('service-1'))
    const hold = await simulator.pull('hold', { path: '/api/v2/usergroups' })
    for (let count = 0; count < 20; count += 1) listings.push(await plane.caller.submit('groups.list', {}, lifetime))
    await tell(await issue('service-2'))
    await said(host, 'credential.restart_needed')
    expect(await isUsed('service-2')).toBe(false)

    const ended = host.stop()
    await until(async () =>
      JSON.stringify((await plane.caller.ask('GET', '/v1/agents/acme')).body).includes('"draining":true'),
    )
    await hold.release()
    expect(await ended).toBe(0)
    await host.start(...started)
    await revoke(first)
    await until(() => isUsed('service-2'))
  })
  const listed = await Promise.all(listings.map((id) => plane.caller.follow(id)))

  expect(lost([...finished, ...listed])).toEqual([])
  // The control plane gave those again that were handed back.
  const takings = host.lines().filter((line) => line.includes('run.accepted'))
  const isTakenTwice = (id: string) => takings.filter((line) => line.includes(id)).length === 2
  expect(listings.filter(isTakenTwice).length).toBeGreaterThan(0)
  await host.stop()
})

test('runs that wait for the credential of a service are handed back by the restart that brings it, at once', async () => {
  const { tell, started } = await startService()
  const first = await issue('service-3')
  await tell(first)
  const host = await hostWith('service-again', { systemd: 'jumpcloud' })
  await host.start(...started)

  const finished = await underLoad(load, async () => {
    await until(() => isUsed('service-3'))
    await revoke(first)
    await said(host, 'run.parked')
    await tell(await issue('service-4'))
    const askedAt = performance.now()
    expect(await host.stop()).toBe(0)
    expect(performance.now() - askedAt).toBeLessThan(5000)
    await host.start(...started)
  })

  expect(lost(finished)).toEqual([])
  expect(await isUsed('service-4')).toBe(true)
  await host.stop()
})
