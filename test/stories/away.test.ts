// Agents, sockets and control planes that go away and come back while runs wait for them.

import { expect, test } from 'vitest'
import { shareInstallation } from '../support/story.ts'
import { until } from '../support/until.ts'
import { webSocketTexts } from '../support/web-socket-texts.ts'

const installation = shareInstallation({ sizes: { users: 1000, groups: 4, events: 0 } })

/** A listing of a thousand users that stands still after its first pages, until it is released. */
async function startLongListing() {
  const { simulator, plane, relay } = installation
  const held = await simulator.pull('hold', { path: '/api/systemusers', after: 9 })
  const id = await plane.caller.submit('users.list', {})
  const pageOf = (text: string) => text.includes(`"type":"page","run":"${id}"`)
  await until(() => relay.sent.fromAgent.flatMap(webSocketTexts).some(pageOf))
  return { id, release: held.release }
}

/** A read of one page, which is in no journal, that stands still until it is released. */
async function startShortRead() {
  const { simulator, plane } = installation
  const path = '/api/v2/usergroups'
  const before = (await simulator.requests()).length
  const held = await simulator.pull('hold', { path })
  const id = await plane.caller.submit('groups.list', {})
  await until(async () => (await simulator.requests()).slice(before).some((request) => request.path === path))
  return { id, release: held.release }
}

const stateOf = async (id: string) => (await installation.plane.caller.ask('GET', `/v1/runs/${id}`)).body

/** Resolves when the agent that runs now has opened another session than it has. */
async function nextSession(): Promise<void> {
  const { program } = installation.agent
  await program.line(({ event }) => event === 'session.opened', program.lines.length)
}

/** Resolves when the control plane knows that the agent is stopping. */
async function draining(): Promise<void> {
  const { ask } = installation.plane.caller
  await until(async () => JSON.stringify((await ask('GET', '/v1/agents/acme')).body).includes('"draining":true'))
}

async function expectEverybodyOnce(rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
  const { users } = await installation.simulator.state()
  expect(rows.map(({ id }) => id).sort()).toEqual(users.map(({ id }) => id).sort())
}

test('keeps a run for an agent that is away, and does it when the agent comes', async () => {
  const { agent, plane } = installation
  expect(await agent.stop()).toBe(0)

  const id = await plane.caller.submit('groups.list', {})
  const waiting = await stateOf(id)
  await agent.start()

  expect(waiting).toMatchObject({ state: 'queued', attempt: 0 })
  expect(await plane.caller.follow(id)).toMatchObject({ state: 'done', rows: { length: 4 } })
})

test('cancels a run that waits, and lets one expire, without the agent', async () => {
  const { agent, plane } = installation
  await agent.stop()

  const cancelled = await plane.caller.submit('groups.list', {})
  const answer = await plane.caller.ask('POST', `/v1/runs/${cancelled}/cancel`)
  const expired = await plane.caller.run('groups.list', {}, { ttlMs: 1 })
  await agent.start()

  expect(answer.body).toMatchObject({ state: 'cancelled' })
  expect(expired).toMatchObject({ state: 'expired', error: { code: 'run_expired', retry: true } })
})

test('brings a listing to its end, each row once, though the socket was cut in the middle', async () => {
  const { id, release } = await startLongListing()

  const opened = nextSession()
  installation.relay.cut()
  await opened
  await release()

  const { state, rows } = await installation.plane.caller.follow(id)
  expect(state).toBe('done')
  await expectEverybodyOnce(rows)
  expect(await stateOf(id)).toMatchObject({ attempt: 1, rowCount: 1000 })
})

test('goes on after a restart of the control plane, with what was under way and what waited', async () => {
  const { plane, agent } = installation
  const { id: underWay, release } = await startLongListing()

  const opened = nextSession()
  const code = await plane.stop()
  await plane.start()
  await opened
  await release()
  const { state, rows } = await plane.caller.follow(underWay)

  expect([code, state]).toEqual([0, 'done'])
  await expectEverybodyOnce(rows)

  await agent.stop()
  const waiting = await plane.caller.submit('groups.list', {})
  await plane.stop()
  await plane.start()
  await agent.start()
  expect(await plane.caller.follow(waiting)).toMatchObject({ state: 'done', rows: { length: 4 } })
})

test('leaves a listing to the next process at SIGTERM, which goes on with it as the same attempt', async () => {
  const { plane, agent } = installation
  const { id, release } = await startLongListing()

  const code = await agent.stop()
  const between = await stateOf(id)
  await release()
  await agent.start()

  const { state, rows } = await plane.caller.follow(id)
  expect([code, between.state, state]).toEqual([0, 'accepted', 'done'])
  await expectEverybodyOnce(rows)
  expect(await stateOf(id)).toMatchObject({ attempt: 1, rowCount: 1000 })
})

test('finishes a short read after SIGTERM, takes nothing new meanwhile, and ends with 0', async () => {
  const { plane, agent } = installation
  const { id, release } = await startShortRead()

  const ended = agent.stop()
  await draining()
  const later = await plane.caller.submit('org.get', {})
  await release()

  const { state, rows } = await plane.caller.follow(id)
  expect([await ended, state, rows.length]).toEqual([0, 'done', 4])
  expect(await stateOf(later)).toMatchObject({ state: 'queued' })
  await agent.start()
  expect(await plane.caller.follow(later)).toMatchObject({ state: 'done' })
})

test.each(['SIGTERM', 'SIGINT'] as const)(
  'ends at once with a second %s; the next process does the run anew',
  async (name) => {
    const { plane, agent } = installation
    const { id, release } = await startShortRead()

    agent.program.signal(name)
    // Two signals of one kind that come together are one.
    await draining()
    agent.program.signal(name)
    expect(await agent.program.ended).toBe(0)
    await release()
    await agent.start()

    expect(await plane.caller.follow(id)).toMatchObject({ state: 'done', rows: { length: 4 } })
    expect(await stateOf(id)).toMatchObject({ attempt: 2 })
  },
)
