import { times } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { watchSilence } from '../../../agent/session/liveness.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { startPlanePeer } from '../../support/plane-peer.ts'
import { startAgent } from '../../support/running-agent.ts'
import { until } from '../../support/until.ts'

const stepMs = 5000

test('asks a plane that says nothing, and goes on while it answers', async () => {
  await using plane = await startPlanePeer()
  const clock = createFakeClock()
  await using agent = await startAgent({ plane, clock })
  const session = await plane.session()
  await agent.line('session.opened')

  for (let round = 1; round <= 3; round += 1) {
    while (session.pings.count < round) await clock.advance(stepMs)
  }

  expect(agent.lines.map(({ event }) => event)).not.toContain('session.closed')
})

test('gives up a plane that does not answer the ping either, says so, and comes back', async () => {
  await using plane = await startPlanePeer()
  const clock = createFakeClock()
  await using agent = await startAgent({ plane, clock })
  const session = await plane.session()
  await agent.line('session.opened')
  session.freeze()

  let silentMs = 0
  while (!agent.lines.some(({ event }) => event === 'session.closed')) {
    await clock.advance(stepMs)
    silentMs += stepMs
  }

  expect(await agent.line('session.closed')).toMatchObject({ code: 4414, reason: 'peer_silent' })
  expect(silentMs).toBeGreaterThanOrEqual(times.silenceMs + times.pongMs)
  expect(silentMs).toBeLessThanOrEqual(times.silenceMs + times.pongMs + 3 * stepMs)
  await plane.session()
})

test('does not ask while bytes move, however slowly', async () => {
  const clock = createFakeClock()
  let moved = 0
  let pingCount = 0
  const over = new AbortController()
  const socket = {
    moved: () => moved,
    ping: () => {
      pingCount += 1
    },
  }

  const watching = watchSilence(socket, clock, over.signal)
  for (let round = 0; round < 100; round += 1) {
    await clock.asleep(stepMs)
    if (round % 3 === 0) moved += 1
    await clock.advance(stepMs)
  }
  over.abort()

  expect(await watching).toBe(false)
  expect(pingCount).toBe(0)
})

test('a slow link that is busy with one page is not taken for a dead one', async () => {
  await using plane = await startPlanePeer()
  const clock = createFakeClock()
  await using agent = await startAgent({ plane, clock })
  const session = await plane.session()
  await agent.line('session.opened')

  for (let round = 0; round < 30; round += 1) {
    const before = session.said.length
    session.run([{ id: `run-busy-${round}`, job: 'no.such' }])
    await until(() => session.said.length > before)
    await clock.advance(stepMs)
  }

  expect(session.pings.count).toBe(0)
})

test.each([
  ['a plane that is gone is not alive by the bytes of the ping itself, which leave later over TLS', 0, true],
  ['a pong of two bytes is life', 2, false],
])('%s', async (_, pongBytes, isSilent) => {
  const clock = createFakeClock()
  const over = new AbortController()
  let moved = 0
  let pinged = false
  const socket = {
    moved: () => moved,
    ping: () => {
      pinged = true
    },
  }

  const watching = watchSilence(socket, clock, over.signal)
  for (let silentMs = 0; silentMs < times.silenceMs + times.pongMs; silentMs += stepMs) {
    await clock.asleep(stepMs)
    if (pinged) moved = 6 + pongBytes
    await clock.advance(stepMs)
  }
  over.abort()

  expect(pinged).toBe(true)
  expect(await watching).toBe(isSilent)
})
