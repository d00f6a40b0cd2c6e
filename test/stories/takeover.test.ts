// A replica is stopped (SIGSTOP) in the middle of its work, another takes over, somebody undoes what that did, and the first wakes
// up: it changes nothing any more. The minute that a takeover waits is a real one, so all of this happens once, for all tests.

import { beforeAll, expect, test } from 'vitest'
import type { AgentHost } from '../support/agent-host.ts'
import type { Mutation } from '../support/jumpcloud/state/recording.ts'
import { type Finished, linesOf, type Row } from '../support/plane-caller.ts'
import { shareInstallation } from '../support/story.ts'
import { until } from '../support/until.ts'
import { webSocketTexts } from '../support/web-socket-texts.ts'

const installation = shareInstallation({
  sizes: { users: 1000, groups: 4, dynamicGroups: 0, membersPerGroup: 0, events: 0 },
})

type Told = {
  /** Its look-ups were under way when the replica was stopped; its order was in the socket buffer. */
  readonly begun: Finished
  readonly buffered: Finished
  readonly listing: readonly Row[]
  readonly attempts: readonly unknown[]
  readonly mutations: readonly Mutation[]
  readonly members: readonly string[]
  readonly users: readonly string[]
  readonly exit: number | NodeJS.Signals
  readonly late: readonly string[]
}

const stage: { told?: Told } = {}

beforeAll(async () => {
  stage.told = await play()
}, 180_000)

function told(): Told {
  if (stage.told === undefined) throw new Error('the story was not played to its end')
  return stage.told
}

async function play(): Promise<Told> {
  const { agent, plane, relay, simulator } = installation
  const { groups, users } = await simulator.state()
  const [first = '', second = ''] = users.map(({ id }) => id)
  const groupId = groups[1]?.id ?? ''
  const add = (userId: string) => plane.caller.submit('groups.members.add', { groupId, userIds: [userId] })
  const stateOf = async (id: string) => (await plane.caller.ask('GET', `/v1/runs/${id}`)).body
  const asked = async (path: string) => (await simulator.requests()).filter((request) => request.path === path).length

  const lookUp = `/api/v2/users/${first}/memberof`
  const looking = await simulator.pull('hold', { path: lookUp, count: 1 })
  // Of the four calls that the agent begins with at once, the other three.
  const reading = await simulator.pull('hold', { path: '/api/systemusers', after: 5, count: 3 })
  const [begun, listing] = [await add(first), await plane.caller.submit('users.list', {})]
  const stream = plane.caller.open(`/v1/runs/${listing}/pages`)
  await until(async () => (await asked(lookUp)) === 1 && (await asked('/api/systemusers')) === 8)
  await until(async () => (await stateOf(listing)).state === 'accepted')
  agent.program.signal('SIGSTOP')
  const batchCount = () =>
    relay.sent.fromPlane.flatMap(webSocketTexts).filter((text) => text.includes('"type":"run"')).length
  const before = batchCount()
  const buffered = await add(second)
  // It lies in the buffer of the agent's socket, or on the way there.
  await until(() => batchCount() > before)

  relay.strand()
  const other = await startOther()
  const done = await Promise.all([plane.caller.follow(begun), plane.caller.follow(buffered), (await stream).text()])
  await remove(groupId, [first, second])

  const saidBefore = agent.lines().length
  await Promise.all([looking.release(), reading.release()])
  agent.program.signal('SIGCONT')
  const answered = (run: string) => agent.program.line((line) => line.event === 'run.answered' && line.run === run)
  await Promise.all([answered(begun), answered(buffered)])
  relay.cut()
  await agent.program.line(({ event }) => event === 'session.opened', saidBefore)
  // It stops when nothing of it is under way any more.
  const exit = await agent.stop()
  await other.stop()

  const lines = linesOf(done[2])
  const last = lines.findLastIndex(({ type }) => type === 'attempt')
  return {
    begun: done[0],
    buffered: done[1],
    listing: lines.slice(last),
    attempts: lines.filter(({ type }) => type === 'attempt').map(({ attempt }) => attempt),
    mutations: await simulator.mutations(),
    members: (await simulator.state()).groups[1]?.members ?? [],
    users: users.map(({ id }) => id),
    exit,
    late: agent.lines().slice(before),
  }
}

async function startOther(): Promise<AgentHost> {
  const host = await installation.addHost('other')
  await host.enrol(String((await installation.plane.caller.ask('POST', '/v1/agents/acme/codes', {})).body.code))
  await host.start()
  return host
}

/** As another administrator would. */
async function remove(groupId: string, userIds: readonly string[]): Promise<void> {
  const { url, key } = installation.simulator
  for (const id of userIds) {
    const answer = await fetch(`${url}/api/v2/usergroups/${groupId}/members`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: JSON.stringify({ op: 'remove', type: 'user', id }),
    })
    expect(answer.status).toBe(204)
  }
}

test('a write whose look-ups were under way is taken over, and done', () => {
  expect(told().begun).toMatchObject({ state: 'done', outcome: 'applied', error: null })
})

test('a write that lay in the socket of the replica is taken over, and done', () => {
  expect(told().buffered).toMatchObject({ state: 'done', outcome: 'applied', error: null })
})

test('a read is taken over as a new attempt, which the stream announces and tells whole', () => {
  const { attempts, listing, users } = told()

  expect(attempts).toEqual([1, 2])
  expect(listing.flatMap(({ type, row }) => (type === 'row' ? [Object(row).id] : [])).sort()).toEqual([...users].sort())
  expect(listing.at(-1)).toMatchObject({ type: 'done', rows: 1000 })
})

test('no access that was taken away comes back when the first replica wakes up', () => {
  const { mutations, members } = told()

  expect(mutations.map(({ op, applied }) => [op, applied])).toEqual([
    ['add', true],
    ['add', true],
    ['remove', true],
    ['remove', true],
  ])
  expect(members).toEqual([])
})

test('the replica that is late abandons what it held, and stops in order', () => {
  const { exit, late } = told()

  expect(exit).toBe(0)
  expect(late.join('\n')).not.toContain('"level":"error"')
})
