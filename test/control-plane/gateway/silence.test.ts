import { expect, test } from 'vitest'
import { watchSilence } from '../../../control-plane/gateway/silence.ts'
import { openPeer } from '../../support/agent-peer.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { startGateway } from '../../support/gateway.ts'
import { groupsList } from '../../support/submissions.ts'
import { until } from '../../support/until.ts'

test('is asked by a ping when it is silent, and stays when it answers', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  await until(() => plane.gateway.ignored().frameCount === 1)
  await plane.clock.advance(20_000)

  const pinged = peer.pinged()
  await plane.clock.advance(20_000)
  await pinged
  peer.sendText(JSON.stringify({ type: 'weather' }))
  await until(() => plane.gateway.ignored().frameCount === 2)
  await plane.clock.advance(20_000)

  expect(plane.gateway.sessions()).toHaveLength(1)
})

test('is closed when it is silent and answers no ping', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  await until(() => plane.gateway.ignored().frameCount === 1)
  peer.freeze()

  for (let silence = 0; silence < 3; silence += 1) await plane.clock.advance(20_000)

  expect(plane.gateway.sessions()).toEqual([])
  expect(plane.log.at(-1)).toMatchObject({
    event: 'session.closed',
    fields: { why: expect.stringContaining('peer_silent') },
  })
})

test('is not silent while the kernel takes what it is sent, though it answers nothing', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  await until(() => plane.gateway.ignored().frameCount === 1)
  peer.freeze()

  for (let silence = 0; silence < 3; silence += 1) {
    await plane.runs.submit(groupsList)
    await plane.clock.advance(20_000)
  }

  expect(plane.gateway.sessions()).toHaveLength(1)
})

test('a peer that answers no ping is not silent while what waited before the ping still leaves', async () => {
  const clock = createFakeClock()
  const far = { moved: 0, waiting: 1 }
  const told: boolean[] = []
  const socket = {
    ping: () => new Promise<never>(() => {}),
    nextByte: () => new Promise<never>(() => {}),
    movedBytes: () => far.moved,
    waitingBytes: () => far.waiting,
  }
  void watchSilence(socket, clock, new AbortController().signal).then((silent) => told.push(silent))

  await clock.advance(20_000)
  far.moved += 1
  await clock.advance(20_000)
  const whileBusy = [...told]
  far.waiting = 0
  await clock.advance(20_000)
  // The ping itself left, and nothing else.
  far.moved += 6
  await clock.advance(20_000)

  expect(whileBusy).toEqual([])
  expect(told).toEqual([true])
})
