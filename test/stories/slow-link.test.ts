// A link that carries ten kilobytes a second: what is long takes its time, and holds up neither what is short nor a cancel. And
// a row that fits no page.

import { beforeAll, expect, test } from 'vitest'
import { shareInstallation } from '../support/story.ts'
import { until } from '../support/until.ts'
import { webSocketTexts } from '../support/web-socket-texts.ts'

const installation = shareInstallation({
  sizes: { users: 600, groups: 4, dynamicGroups: 0, membersPerGroup: 0, events: 0 },
})

const bytesPerSecond = 10_000
const stateOf = async (id: string) => (await installation.plane.caller.ask('GET', `/v1/runs/${id}`)).body

/** Sessions that the agent opened so far. */
const sessionCount = () => installation.agent.lines().filter((line) => line.includes('"session.opened"')).length

beforeAll(async () => {
  const { agent, relay } = installation
  relay.throttle(bytesPerSecond)
  await agent.stop()
  await agent.start()
})

test('finishes a listing over a slow link in one session, while short runs and a cancel go on', {
  timeout: 150_000,
}, async () => {
  const { plane, relay, simulator, agent, run } = installation
  const sessions = sessionCount()
  const startedAt = performance.now()
  const listing = await plane.caller.submit('users.list', {})
  await until(async () => (await stateOf(listing)).state === 'accepted')

  const short = await run('org.get', {})
  const held = await simulator.pull('hold', { path: '/api/v2/usergroups' })
  const idle = await plane.caller.submit('groups.list', {})
  await agent.program.line(({ event, run: id }) => event === 'run.accepted' && id === idle)
  await plane.caller.ask('POST', `/v1/runs/${idle}/cancel`)
  const isCancel = (text: string) => text.startsWith(`{"type":"cancel","run":"${idle}"`)
  await until(() => relay.sent.fromPlane.slice(-1).flatMap(webSocketTexts).some(isCancel))
  const arrivedAt = Date.now()
  const answered = await agent.program.line(({ event, run: id }) => event === 'run.answered' && id === idle)
  const meanwhile = await stateOf(listing)
  await held.release()

  const { state, rows } = await plane.caller.follow(listing)
  const tookMs = performance.now() - startedAt
  const [bytes = Buffer.alloc(0)] = relay.sent.fromAgent.slice(-1)
  expect([state, rows.length]).toEqual(['done', 600])
  // It was as slow as that, and too slow for what takes silence for death.
  expect(tookMs).toBeGreaterThan((bytes.length / bytesPerSecond) * 900)
  expect(tookMs).toBeGreaterThan(20_000)
  expect(sessionCount()).toBe(sessions)
  expect(meanwhile).toMatchObject({ state: 'accepted' })
  expect(short).toMatchObject({ state: 'done' })
  expect(answered).toMatchObject({ code: 'cancelled' })
  expect(Date.parse(String(answered.time)) - arrivedAt).toBeLessThan(1000)
  expect(await stateOf(idle)).toMatchObject({ state: 'cancelled' })
})

test('a row that fits no page fails its run alone, and the session lives', async () => {
  const { simulator, run } = installation
  const sessions = sessionCount()
  const { groups } = await simulator.state()
  // What it puts into the description of a group is not a key here, but long.
  const plant = await simulator.pull('plantKey', { key: 'x'.repeat(300_000), groupId: groups[2]?.id })

  const tooLarge = await run('groups.list', {})
  await plant.release()

  expect(tooLarge).toMatchObject({
    state: 'failed',
    rows: [],
    error: { code: 'row_too_large', message: expect.stringContaining('one row is larger than a page of 256 KiB') },
  })
  expect(await run('groups.list', {})).toMatchObject({ state: 'done', rows: { length: 4 } })
  expect(sessionCount()).toBe(sessions)
})
