// A state directory on a disk that is really full, and a journal that really cannot be written: file systems of their own, mounted
// where only the agent sees them. Reads go on, writes wait, people are told, and it goes on by itself when the trouble is over.

import { execFileSync } from 'node:child_process'
import { cp, mkdir, open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AgentHost } from '../support/agent-host.ts'
import { runProgram } from '../support/program.ts'
import { shareInstallation } from '../support/story.ts'
import { until } from '../support/until.ts'

const installation = shareInstallation({
  sizes: { users: 1000, groups: 4, dynamicGroups: 0, membersPerGroup: 0, events: 0 },
})

const stateOf = async (id: string) => (await installation.plane.caller.ask('GET', `/v1/runs/${id}`)).body
const stateDirectory = ({ directory }: AgentHost) => join(directory, 'state')

/** Of the replica that is connected. */
async function journalOfReplica(): Promise<unknown> {
  const { body } = await installation.plane.caller.ask('GET', '/v1/agents/acme')
  const replicas: readonly { session: { journal: string } | null }[] = Object(body).replicas
  return replicas.find(({ session }) => session !== null)?.session?.journal
}

/** Another host of the agent in place of the first, which has run once: there is a journal. */
async function addHost(name: string): Promise<AgentHost> {
  await installation.agent.stop()
  const host = await installation.addHost(name)
  await host.enrol(String((await installation.plane.caller.ask('POST', '/v1/agents/acme/codes', {})).body.code))
  await host.start()
  await host.stop()
  return host
}

/** What starts an agent in a mount namespace of its own, after a script of `sh` that has the state directory as `$STATE`. */
function behind(host: AgentHost, script: string): readonly string[] {
  const shell = `set -e; STATE='${stateDirectory(host)}'; ${script}; exec "$@"`
  return ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', shell, 'sh']
}

async function submitAddition(number: number): Promise<string> {
  const { groups, users } = await installation.simulator.state()
  const params = { groupId: groups[1]?.id, userIds: [users[number]?.id] }
  return await installation.plane.caller.submit('groups.members.add', params)
}

async function expectReadsAlone(host: AgentHost, state: string, message: RegExp): Promise<void> {
  const { run } = installation
  const told = await host.program.line(({ event }) => event === 'journal.state')
  expect(told).toMatchObject({ level: 'error', state, message: expect.stringMatching(message) })
  expect(await journalOfReplica()).toBe(state)
  expect(await run('groups.list', {})).toMatchObject({ state: 'done', rows: { length: 4 } })
  expect(await run('users.list', {})).toMatchObject({ state: 'done', rows: { length: 1000 } })
}

test('on a full disk reads go on, and a write waits until there is room', async () => {
  const { plane } = installation
  const host = await addHost('full')
  const small = 'cp -a "$STATE" "$STATE.kept"; mount -t tmpfs -o size=3m state "$STATE"; cp -a "$STATE.kept/." "$STATE"'
  await host.start('session.opened', { under: behind(host, small) })
  const filler = join(`/proc/${host.program.pid}/root`, stateDirectory(host), 'filler')
  await expect(writeFile(filler, Buffer.alloc(4 * 1024 * 1024))).rejects.toThrow('ENOSPC')

  const waiting = await submitAddition(0)
  await until(async () => (await journalOfReplica()) === 'full')
  await expectReadsAlone(host, 'full', /use the journal .*journal\.db: there is no room; free some on its disk/)

  expect(await stateOf(waiting)).toMatchObject({ state: 'queued' })
  await rm(filler)
  expect(await plane.caller.follow(waiting)).toMatchObject({ state: 'done', outcome: 'applied' })
  expect(await journalOfReplica()).toBe('ok')
  expect(await host.stop()).toBe(0)
})

test('on a full disk a stop is orderly, and what the journal had is there when there is room again', async () => {
  const host = await addHost('full-at-the-end')
  const small = 'cp -a "$STATE" "$STATE.kept"; mount -t tmpfs -o size=3m state "$STATE"; cp -a "$STATE.kept/." "$STATE"'
  await host.start('session.opened', { under: behind(host, small) })
  // It stays as long as this is open, though nobody has it mounted any more.
  await using inside = await open(join(`/proc/${host.program.pid}/root`, stateDirectory(host)))
  const disk = `/proc/self/fd/${inside.fd}/.`
  await expect(writeFile(`${disk}/filler`, Buffer.alloc(4 * 1024 * 1024))).rejects.toThrow('ENOSPC')

  expect(await host.stop()).toBe(0)

  expect(host.lines().join('\n')).toContain('journal.not_put_down')
  await rm(`${disk}/filler`)
  await rm(stateDirectory(host), { recursive: true })
  await cp(disk, stateDirectory(host), { recursive: true })
  await host.start()
  expect(await journalOfReplica()).toBe('ok')
  expect(await host.stop()).toBe(0)
})

test('on a disk that is full when the agent starts it waits for room, and then goes on by itself', async () => {
  const { plane, run } = installation
  const host = await addHost('full-at-the-start')
  const small = 'cp -a "$STATE" "$STATE.kept"; mount -t tmpfs -o size=3m state "$STATE"; cp -a "$STATE.kept/." "$STATE"'
  const full = `${small}; cat /dev/zero > "$STATE/filler" 2> /dev/null || true`

  await host.start('session.failed', { under: behind(host, full) })

  const told = await host.program.line(({ event }) => event === 'identity.unwritable')
  expect(told).toMatchObject({ level: 'error', error: { message: expect.stringContaining('have room') } })
  await rm(join(`/proc/${host.program.pid}/root`, stateDirectory(host), 'filler'))
  await host.program.line(({ event }) => event === 'session.opened')
  expect(await run('groups.list', {})).toMatchObject({ state: 'done' })
  expect(await plane.caller.follow(await submitAddition(2))).toMatchObject({ state: 'done', outcome: 'applied' })
  expect(await host.stop()).toBe(0)
})

test('what cannot be kept because the disk is full ends with 1, as what is worth another try', async () => {
  const host = await addHost('full-to-enrol')
  const { code } = (await installation.plane.caller.ask('POST', '/v1/agents/acme/codes', {})).body
  const full = 'mount -t tmpfs -o size=4k state "$STATE"; cat /dev/zero > "$STATE/filler" 2> /dev/null || true'

  const enrolled = await runProgram('agent/main.ts', {
    args: ['enrol', '--plane', installation.plane.url, '--code', '-', '--state', stateDirectory(host)],
    ...{ input: `${code}\n`, under: behind(host, full) },
  })

  expect(enrolled).toMatchObject({ code: 1, text: expect.stringMatching(/identity_invalid: write .*no space left/) })
})

test('a setup that meets a full disk leaves no half of a file, which the next one would keep', async () => {
  const { plane, simulator, directory } = installation
  const { code } = (await plane.caller.ask('POST', '/v1/agents/acme/codes', {})).body
  const at = (...names: readonly string[]) => join(directory, 'new-host', ...names)
  await mkdir(at('etc'), { recursive: true })
  await writeFile(at('key'), simulator.key, { mode: 0o600 })
  const where = ['--config', at('etc/config.yaml'), '--policy', at('etc/policy.yaml'), '--state', at('state')]
  const from = ['--plane', plane.url, '--code', String(code), '--base-url', simulator.url, '--key-file', at('key')]
  const full = `cd '${at('etc')}'; mount -t tmpfs -o size=4k etc .; cd '${at('etc')}'; cat /dev/zero > filler 2> /dev/null`

  const { code: ended, text } = await runProgram('agent/main.ts', {
    args: ['setup', '--non-interactive', ...where, ...from],
    under: [
      'unshare',
      '--user',
      '--map-root-user',
      '--mount',
      'sh',
      '-c',
      `${full}; "$@"; code=$?; ls; exit $code`,
      'sh',
    ],
  })

  expect(text).toMatch(/write .*policy\.yaml: ENOSPC/)
  expect(ended).toBe(1)
  expect(text.split('\n')).not.toContain('policy.yaml')
})

test('on a full disk of the ledger alone reads go on, and a write waits until there is room', async () => {
  const { plane, run } = installation
  const host = await addHost('full-ledger')
  const ledger = '"$STATE/ledger"'
  const small = `cp -a ${ledger} "$STATE.kept"; mount -t tmpfs -o size=256k ledger ${ledger}; cp -a "$STATE.kept/." ${ledger}`
  await host.start('session.opened', { under: behind(host, small) })
  const filler = join(`/proc/${host.program.pid}/root`, stateDirectory(host), 'ledger/filler')
  await expect(writeFile(filler, Buffer.alloc(1024 * 1024))).rejects.toThrow('ENOSPC')

  await until(async () => {
    expect(await run('org.get', {})).toMatchObject({ state: 'done' })
    return (await journalOfReplica()) === 'full'
  })
  const waiting = await submitAddition(3)
  const told = await host.program.line(({ event }) => event === 'ledger.state')
  expect(told).toMatchObject({ level: 'error', state: 'full', message: expect.stringContaining('there is no room') })
  expect(await run('users.list', {})).toMatchObject({ state: 'done', rows: { length: 1000 } })

  expect(await stateOf(waiting)).toMatchObject({ state: 'queued' })
  await rm(filler)
  expect(await plane.caller.follow(waiting)).toMatchObject({ state: 'done', outcome: 'applied' })
  expect(await host.stop()).toBe(0)
})

test('with a journal that is read-only reads go on, and a write waits until it can be written', async () => {
  const { plane } = installation
  const host = await addHost('read-only')
  const journal = '"$STATE/journal.db"'
  const frozen = `mount --bind ${journal} ${journal}; mount -o remount,bind,ro ${journal}`
  await host.start('session.opened', { under: behind(host, frozen) })

  const waiting = await submitAddition(1)
  await expectReadsAlone(host, 'read_only', /use the journal .*journal\.db: the agent may not write it; give the file/)

  expect(await stateOf(waiting)).toMatchObject({ state: 'queued' })
  const inside = ['--target', String(host.program.pid), '--user', '--mount', '--preserve-credentials']
  execFileSync('nsenter', [...inside, 'umount', join(stateDirectory(host), 'journal.db')])
  expect(await plane.caller.follow(waiting)).toMatchObject({ state: 'done', outcome: 'applied' })
  expect(await host.stop()).toBe(0)
})

test('with a state directory that is read-only the agent does not start, and says what must be so', async () => {
  const host = await addHost('frozen')
  const frozen = 'mount --bind "$STATE" "$STATE"; mount -o remount,bind,ro "$STATE"'

  const started = host.start('session.opened', { under: behind(host, frozen) })

  await expect(started).rejects.toThrow(/ended \(2\)/)
  expect(host.lines().join('\n')).toMatch(
    /identity_invalid: write .*identity\.json.*read-only file system.*The state directory must be there, belong to the user/,
  )
})
