// Agents that are killed while they change a membership. What is said of the change is compared with what the simulated
// JumpCloud recorded: it is true, and nothing was sent twice.

import { expect, test } from 'vitest'
import type { SimulatedState } from '../support/simulator-program.ts'
import { shareInstallation } from '../support/story.ts'
import { until } from '../support/until.ts'
import { webSocketTexts } from '../support/web-socket-texts.ts'

const installation = shareInstallation({
  sizes: { users: 20, groups: 4, dynamicGroups: 0, membersPerGroup: 0, events: 0 },
})

const change = { method: 'POST', path: '/api/v2/usergroups/*/members' }
const lookUp = { method: 'GET', path: '/api/v2/users/*/memberof' }

const stateOf = async (id: string) => (await installation.plane.caller.ask('GET', `/v1/runs/${id}`)).body

/** Users who are in the group that is changed. */
async function members(): Promise<readonly string[]> {
  return (await groupOf(await installation.simulator.state())).members
}

function groupOf({ groups }: SimulatedState) {
  const group = groups[1]
  if (group === undefined) throw new Error('the simulated organisation has no second group')
  return group
}

/** Submits an addition of one who is not a member. */
async function startAdding() {
  const { simulator, plane } = installation
  const state = await simulator.state()
  const group = groupOf(state)
  const userId = state.users.find(({ id }) => !group.members.includes(id))?.id ?? ''
  const [before, changed] = [(await posts()).length, (await simulator.mutations()).length]
  const id = await plane.caller.submit('groups.members.add', { groupId: group.id, userIds: [userId] })
  return {
    id,
    userId,
    posts: async () => (await posts()).slice(before),
    mutations: async () => (await simulator.mutations()).slice(changed),
  }
}

async function requests(method: string) {
  return (await installation.simulator.requests()).filter((request) => request.method === method)
}
const posts = () => requests('POST')

const applied = { outcome: 'applied', reason: null }
/** By whom, the answer would have said that the crash swallowed. */
const unansweredApplied = { ...applied, reason: 'unanswered' }

test('says applied of a change that JumpCloud had applied when the agent was killed, and sends it once', async () => {
  const { agent, plane, simulator } = installation
  const held = await simulator.pull('holdAnswer', change)
  const adding = await startAdding()
  await until(async () => (await adding.mutations()).length === 1)

  await agent.kill()
  await held.release()
  await agent.start()

  const { state, outcome, rows } = await plane.caller.follow(adding.id)
  expect({ state, outcome, rows }).toMatchObject({ state: 'done', outcome: 'applied', rows: [unansweredApplied] })
  expect(await stateOf(adding.id)).toMatchObject({ attempt: 1 })
  expect(await adding.posts()).toHaveLength(1)
  expect(await members()).toContain(adding.userId)
})

/** JumpCloud has the change, and has not carried it out, when the agent is killed. */
async function killWhileItIsLate() {
  const { agent, simulator } = installation
  const late = await simulator.pull('lateWrite', change)
  const adding = await startAdding()
  await until(async () => (await adding.posts()).some(({ outcome }) => outcome === 'reset'))
  await agent.kill()
  await late.release()
  return { adding, late }
}

test('says applied of a change that landed while the agent was away', async () => {
  const { agent, plane } = installation
  const { adding, late } = await killWhileItIsLate()

  await late.apply()
  await agent.start()

  expect(await plane.caller.follow(adding.id)).toMatchObject({
    state: 'done',
    outcome: 'applied',
    rows: [unansweredApplied],
  })
  expect(await adding.posts()).toHaveLength(1)
  expect(await adding.mutations()).toMatchObject([{ op: 'add', applied: true, userId: adding.userId }])
})

test('says unknown of a change that cannot be seen after the crash, does not send it again, and was right when it lands later', async () => {
  const { agent, plane } = installation
  const { adding, late } = await killWhileItIsLate()

  await agent.start()

  expect(await plane.caller.follow(adding.id)).toMatchObject({
    state: 'done',
    outcome: 'unknown',
    rows: [{ outcome: 'unknown', reason: 'unanswered' }],
  })
  expect(await members()).not.toContain(adding.userId)
  await late.apply()
  expect(await members()).toContain(adding.userId)
  expect(await adding.posts()).toHaveLength(1)
})

test('does a change as another attempt where the agent was killed before it had sent it', async () => {
  const { agent, plane, simulator } = installation
  const before = (await requests('GET')).length
  const held = await simulator.pull('hold', lookUp)
  const adding = await startAdding()
  await until(async () => (await requests('GET')).slice(before).some(({ path }) => path.endsWith('/memberof')))

  await agent.kill()
  await held.release()
  await agent.start()

  expect(await plane.caller.follow(adding.id)).toMatchObject({ state: 'done', outcome: 'applied', rows: [applied] })
  expect(await stateOf(adding.id)).toMatchObject({ attempt: 2 })
  expect(await adding.posts()).toHaveLength(1)
  expect(await adding.mutations()).toMatchObject([{ op: 'add', applied: true, userId: adding.userId }])
})

test('answers a cancel after the crash with too late, and then with what became of the change', async () => {
  const { agent, plane, simulator, relay } = installation
  const held = await simulator.pull('holdAnswer', change)
  const adding = await startAdding()
  await until(async () => (await adding.mutations()).length === 1)

  await agent.kill()
  const cancelled = await plane.caller.ask('POST', `/v1/runs/${adding.id}/cancel`)
  await held.release()
  const looking = await simulator.pull('hold', lookUp)
  await agent.start()
  const tooLate = (text: string) => text.startsWith(`{"type":"too_late","run":"${adding.id}"`)
  await until(() => relay.sent.fromAgent.flatMap(webSocketTexts).some(tooLate))
  await looking.release()

  const { state, outcome } = await plane.caller.follow(adding.id)
  expect(cancelled.body).toMatchObject({ state: 'accepted' })
  expect({ state, outcome }).toEqual({ state: 'done', outcome: 'applied' })
  expect(await adding.posts()).toHaveLength(1)
})
