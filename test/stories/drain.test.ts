// A replica that is asked to stop in the middle of much work: what it had not begun goes on elsewhere at once, what it changes it
// finishes, and a second signal is not argued with.

import { beforeAll, expect, test } from 'vitest'
import type { AgentHost } from '../support/agent-host.ts'
import { shareInstallation } from '../support/story.ts'
import { until } from '../support/until.ts'

const installation = shareInstallation({
  sizes: { users: 20, groups: 4, dynamicGroups: 0, membersPerGroup: 0, events: 0 },
})

/** Long reads that one replica does at a time. */
const longPlaces = 16
const groupsPath = '/api/v2/usergroups'
const stage: { other?: AgentHost } = {}

beforeAll(async () => {
  const host = await installation.addHost('other')
  await host.enrol(String((await installation.plane.caller.ask('POST', '/v1/agents/acme/codes', {})).body.code))
  stage.other = host
})

function otherHost(): AgentHost {
  if (stage.other === undefined) throw new Error('the other host is there while tests run, not before')
  return stage.other
}

const submit = (job: string, count: number) =>
  Promise.all(Array.from({ length: count }, () => installation.plane.caller.submit(job, {})))

/** Submits an addition to a group; resolves when JumpCloud was asked to change it. */
async function startAdding(number: number): Promise<string> {
  const { simulator, plane } = installation
  const { groups, users } = await simulator.state()
  const posts = async () => (await simulator.requests()).filter(({ method }) => method === 'POST').length
  const before = await posts()
  const params = { groupId: groups[1]?.id, userIds: [users[number]?.id] }
  const id = await plane.caller.submit('groups.members.add', params)
  await until(async () => (await posts()) > before)
  return id
}

/** The plane knows that a replica is stopping. */
async function untilDraining(): Promise<void> {
  const { caller } = installation.plane
  await until(async () => JSON.stringify((await caller.ask('GET', '/v1/agents/acme')).body).includes('"draining":true'))
}

/** When the agent took these runs, by its log, in the order of the runs. */
function takenAt({ program }: AgentHost, runs: readonly string[]): Promise<readonly number[]> {
  return Promise.all(
    runs.map(async (run) => {
      const line = await program.line(({ event, run: id }) => event === 'run.accepted' && id === run)
      return Date.parse(String(line.time))
    }),
  )
}

test('hands back what it has not begun, which another replica begins within two seconds, and finishes the rest', async () => {
  const { agent, plane, simulator } = installation
  const other = otherHost()
  const change = await simulator.pull('holdAnswer', { method: 'POST' })
  const write = await startAdding(0)
  const listings = await simulator.pull('hold', { path: groupsPath })
  const underWay = await submit('groups.list', longPlaces)
  const waiting = await submit('users.list', 10)
  await takenAt(agent, [...underWay, ...waiting])
  await other.start()

  const askedAt = Date.now()
  const ended = agent.stop()
  const begunAt = await takenAt(other, waiting)
  const finished = await Promise.all(waiting.map((id) => plane.caller.follow(id)))
  await listings.release()
  await change.release()

  expect(Math.max(...begunAt) - askedAt).toBeLessThanOrEqual(2000)
  expect(finished.map(({ state, rows }) => [state, rows.length])).toEqual(waiting.map(() => ['done', 20]))
  const done = await Promise.all(underWay.map((id) => plane.caller.follow(id)))
  expect(done.map(({ state, rows }) => [state, rows.length])).toEqual(underWay.map(() => ['done', 4]))
  expect(await plane.caller.follow(write)).toMatchObject({ state: 'done', outcome: 'applied' })
  expect(await ended).toBe(0)
  // None was begun twice.
  const asked = (await simulator.requests()).filter(({ path }) => path === groupsPath)
  expect(asked).toHaveLength(longPlaces)
  await agent.start()
  await other.stop()
})

test('one SIGINT in the middle of a change lets it finish, tells it, and ends', async () => {
  const { agent, plane, simulator } = installation
  const change = await simulator.pull('holdAnswer', { method: 'POST' })
  const write = await startAdding(3)

  agent.program.signal('SIGINT')
  await untilDraining()
  await change.release()

  expect(await plane.caller.follow(write)).toMatchObject({ state: 'done', outcome: 'applied' })
  expect(await agent.program.ended).toBe(0)
  expect(agent.program.lines.some((line) => line.includes('"run.answered"') && line.includes(write))).toBe(true)
  await agent.start()
})

test.each(['SIGTERM', 'SIGINT'] as const)(
  'ends at once with a second %s in the middle of a change, and the next process tells what became of it',
  async (name) => {
    const { agent, plane, simulator } = installation
    const change = await simulator.pull('holdAnswer', { method: 'POST' })
    const posts = async () => (await simulator.requests()).filter(({ method }) => method === 'POST').length
    const before = await posts()
    const write = await startAdding(name === 'SIGTERM' ? 1 : 2)

    agent.program.signal(name)
    await untilDraining()
    agent.program.signal(name)

    expect(await agent.program.ended).toBe(0)
    await change.release()
    await agent.start()
    expect(await plane.caller.follow(write)).toMatchObject({ state: 'done', outcome: 'applied' })
    expect(await posts()).toBe(before + 1)
  },
)

test('writes that wait for their turn are handed back too, and are done once', async () => {
  const { agent, plane, simulator } = installation
  const other = otherHost()
  const lookUps = await simulator.pull('hold', { method: 'GET', path: '/api/v2/users/*/memberof' })
  const mutations = (await simulator.mutations()).length
  const { groups, users } = await simulator.state()
  // More than the places of short runs.
  const runs = await Promise.all(
    Array.from({ length: 70 }, (_, index) =>
      plane.caller.submit('groups.members.add', { groupId: groups[2]?.id, userIds: [users[index % 20]?.id] }),
    ),
  )
  await takenAt(agent, runs)
  await other.start()

  const ended = agent.stop()
  await until(() => other.program.lines.some((line) => line.includes('run.accepted')))
  await lookUps.release()

  const outcomes = (await Promise.all(runs.map((id) => plane.caller.follow(id)))).map(({ outcome }) => outcome)
  expect(await ended).toBe(0)
  expect(new Set(outcomes)).toEqual(new Set(['applied', 'already']))
  expect((await simulator.mutations()).slice(mutations).filter(({ applied }) => applied)).toHaveLength(20)
  await agent.start()
  await other.stop()
})
