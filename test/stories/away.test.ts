// Agents, sockets and control planes that go away and come back while runs wait for them.

import { expect, test } from 'vitest'
import { linesOf } from '../support/plane-caller.ts'
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

test('finishes a listing after SIGTERM, takes nothing new meanwhile, and ends with 0', async () => {
  const { plane, agent } = installation
  const { id, release } = await startLongListing()

  const ended = agent.stop()
  await draining()
  const later = await plane.caller.submit('groups.list', {})
  await release()

  const { state, rows } = await plane.caller.follow(id)
  expect([await ended, state]).toEqual([0, 'done'])
  await expectEverybodyOnce(rows)
  expect(await stateOf(later)).toMatchObject({ state: 'queued' })
  await agent.start()
  expect(await plane.caller.follow(later)).toMatchObject({ state: 'done' })
})

test('ends at once with a second signal; the listing begins anew as another attempt, and the stream says so', async () => {
  const { plane, agent } = installation
  const { id, release } = await startLongListing()
  const stream = plane.caller.open(`/v1/runs/${id}/pages`)

  const ended = agent.stop()
  // Two signals of one kind that come together are one.
  await draining()
  agent.program.signal('SIGTERM')
  expect(await ended).toBe(0)
  await release()
  await agent.start()

  const lines = linesOf(await (await stream).text())
  const attempts = lines.filter(({ type }) => type === 'attempt').map(({ attempt }) => attempt)
  expect(attempts).toEqual([1, 2])
  const second = lines.slice(lines.findIndex(({ attempt }) => attempt === 2))
  await expectEverybodyOnce(second.flatMap(({ type, row }) => (type === 'row' ? [Object(row)] : [])))
  expect(lines.at(-1)).toMatchObject({ type: 'done', rows: 1000 })
})
