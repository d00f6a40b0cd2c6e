// What left the host is read off the socket by a relay and off the pipes of the processes; nothing inside them is hooked.

import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { fileTexts } from '../support/file-texts.ts'
import { agentName } from '../support/installation.ts'
import { findTraces } from '../support/key-traces.ts'
import { createPlaneCaller } from '../support/plane-caller.ts'
import { shareInstallation } from '../support/story.ts'
import { webSocketTexts } from '../support/web-socket-texts.ts'

const installation = shareInstallation({
  sizes: { users: 30, groups: 6, nestedGroups: 1, events: 20 },
  logLevel: 'debug',
})

/** Every byte on the socket both ways, unmasked; every line of both processes; every file of the control plane. */
async function everythingOutside(): Promise<string> {
  const { relay, agent, plane } = installation
  return [relay.readable(), ...agent.lines(), ...plane.lines(), await fileTexts(plane.state)].join('\n')
}

/** One of each job, with params that make JumpCloud refuse some of them. */
async function runEverything() {
  const { run, simulator } = installation
  const { groups, users } = await simulator.state()
  const [everybody, group] = groups
  const groupId = group?.id
  const userIds = users.slice(0, 3).map(({ id }) => id)
  const nobody = '0123456789abcdef01234567'
  const window = { startAt: '2020-01-01T00:00:00Z', endAt: '2035-01-01T00:00:00Z' }
  return await Promise.all([
    run('org.get', {}),
    run('users.list', {}),
    run('users.get', { userId: nobody }),
    run('groups.list', {}),
    run('groups.get', { groupId }),
    run('groups.get', { groupId: nobody }),
    run('groups.members.list', { groupId: everybody?.id, include: 'effective' }),
    run('groups.members.add', { groupId, userIds: [...userIds, nobody] }),
    run('groups.members.remove', { groupId, userIds: [...userIds, nobody] }),
    run('events.pull', window),
  ])
}

test('the key is in nothing that left the host while JumpCloud repeats it in headers and error bodies', async () => {
  const { simulator } = installation
  const echo = await simulator.pull('echoKey')

  const wholesome = await runEverything()
  const faults = [
    await simulator.pull('answerStatus', { status: 403, json: { message: 'no' }, count: 2, path: '/api/v2/**' }),
    await simulator.pull('serverError', { status: 500, path: '/api/systemusers' }),
    await simulator.pull('redirect302', { location: `/login?key=${simulator.key}`, path: '/api/systemusers/*' }),
    await simulator.pull('badBody', { what: 'malformed', path: '/insights/**' }),
  ]
  const broken = await runEverything()
  for (const lever of [...faults, echo]) await lever.release()

  expect(wholesome.filter(({ state }) => state === 'done').length).toBeGreaterThan(5)
  expect(new Set(broken.flatMap(({ error }) => error?.code ?? []))).toContain('jumpcloud_unavailable')
  const outside = await everythingOutside()
  expect(outside).toContain(wholesome[0]?.rows[0]?.id)
  expect(findTraces(outside, simulator.key)).toEqual([])
})

test.each(['raw', 'base64', 'base64url', 'hex', 'uri'])(
  'a run whose rows hold the key, %s, is stopped on the host and raises an alarm',
  async (encoding) => {
    const { simulator, agent, run } = installation
    const { groups } = await simulator.state()
    const groupId = groups[3]?.id
    const planted = await simulator.pull('plantKey', { key: simulator.key, groupId, encoding })
    const before = agent.program.lines.length

    const listed = await run('groups.list', {})
    const single = await run('groups.get', { groupId })
    await planted.release()

    for (const { state, rows, error } of [listed, single]) {
      expect({ state, rows, error }).toMatchObject({
        state: 'failed',
        rows: [],
        error: { code: 'leak_blocked', fault: 'agent' },
      })
    }
    const alarm = await agent.program.line(({ event }) => event === 'leak.blocked', before)
    expect(alarm).toMatchObject({ level: 'error', secretOf: 'main', encoding: expect.any(String) })
    expect(findTraces(await everythingOutside(), simulator.key)).toEqual([])
    expect(await run('groups.list', {})).toMatchObject({ state: 'done', error: null })
  },
)

test('somebody else’s key in a row is a row like any other, and the search sees it leave', async () => {
  const { simulator, agent, plane, relay, run } = installation
  const planted = `jca_${randomBytes(18).toString('base64url')}`
  const { groups } = await simulator.state()
  await simulator.pull('plantKey', { key: planted, groupId: groups[3]?.id })

  const { rows } = await run('groups.list', {})

  expect(findTraces(JSON.stringify(rows), planted)).toContain('raw')
  expect(findTraces(relay.sent.fromAgent.flatMap(webSocketTexts).join('\n'), planted)).toContain('raw')
  // There rows lie closed.
  expect(findTraces(await fileTexts(plane.state), planted)).toEqual([])
  expect(findTraces(agent.lines().join('\n'), planted)).toEqual([])
})

test('the search sees what is planted in a log line', async () => {
  const { plane, agent } = installation
  const planted = `planted-${randomBytes(12).toString('hex')}`
  const { token } = await plane.command('token', 'create', planted, '--scope', 'runs:read,runs:write', '--ttl', '1h')

  await createPlaneCaller({ url: plane.url, token: String(token), agent: agentName }).run('org.get', {})

  expect(findTraces(agent.lines().join('\n'), planted)).toContain('raw')
})

const inJson = (text: string) => JSON.stringify(text).slice(1, -1)

// The last one: from here on the key is outside, because the test itself sends it there.
test('the search sees the key where the vendor knows it already and sends it in a run', async () => {
  const { simulator, relay, plane, run, agent } = installation
  const { key } = simulator

  const { state } = await run('groups.list', { name: key })

  expect(state).toBe('done')
  const fromPlane = relay.sent.fromPlane.flatMap(webSocketTexts).join('\n')
  // It travels as a JSON text within a JSON text within base64url, and lies in the store as JSON.
  const asSent = inJson(inJson(key))
  expect(findTraces(fromPlane, asSent).filter((form) => form.startsWith('base64url'))).toHaveLength(1)
  expect(findTraces(await fileTexts(plane.state), key)).toContain('json')
  expect(findTraces(await everythingOutside(), key)).toContain('json')
  expect(findTraces(agent.lines().join('\n'), key)).toEqual([])
})
