import { times } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import type { Submission } from '../../../control-plane/runs/runs.ts'
import { openPeer, type Peer } from '../../support/agent-peer.ts'
import { type GatewayUnderTest, startGateway } from '../../support/gateway.ts'
import { groupRows, groupsList, membersAdd } from '../../support/submissions.ts'
import { until } from '../../support/until.ts'

const minutes = 60 * 1000

test('a write that a connected agent never answers ends unknown, and the agent is told to stop', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  const { run } = await plane.runs.submit({ ...membersAdd, ttlMs: times.runTtlCapMs })
  await peer.order()
  await plane.clock.advance(times.takeoverMs + 5 * minutes - 1000)
  const before = await plane.runs.get(run.id)

  await plane.clock.advance(1000)

  expect(before).toMatchObject({ state: 'sent' })
  expect(await plane.lines(run.id)).toMatchObject([{}, { outcome: 'unknown', error: { code: 'outcome_unknown' } }])
  expect(await peer.next('cancel')).toEqual({ type: 'cancel', run: run.id })
})

test('a read may wait at the agent as long as it lives, and fails when nothing was heard of it for long after', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  const { run } = await plane.runs.submit({ ...groupsList, ttlMs: 60 * minutes })
  await peer.order()
  await plane.clock.advance(75 * minutes - 1000)
  const before = await plane.runs.get(run.id)

  await plane.clock.advance(1000)

  expect(before).toMatchObject({ state: 'sent' })
  expect(await plane.lines(run.id)).toMatchObject([{}, { outcome: null, error: { code: 'attempt_lost' } }])
})

test('a long read goes on as long as pages come', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  const { run } = await plane.runs.submit(groupsList)
  const order = await peer.order()
  const pages = [0, 1, 2].map((index) => groupRows(index, 1))

  for (const [seq, rows] of pages.entries()) {
    await plane.clock.advance(14 * minutes)
    peer.page(order, seq, rows)
    await peer.next('ack')
  }
  peer.finish(order, pages)

  expect((await plane.lines(run.id)).at(-1)).toMatchObject({ type: 'done', rows: 3 })
})

test('a read whose replica comes back with it every ten minutes, and never says anything of it, fails all the same', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  const first = await openPeer(plane.url, identity)
  const { run } = await plane.runs.submit(groupsList)
  await first.order()
  first.cut()

  for (let count = 0; count < 4; count += 1) {
    await until(() => plane.gateway.sessions().length === 0)
    await using peer = await openPeer(plane.url, identity, { held: [{ run: run.id, attempt: 1 }] })
    await plane.clock.advance(10 * minutes)
    peer.cut()
  }

  expect(await plane.runs.get(run.id)).toMatchObject({ state: 'failed', attempt: 1, error: { code: 'attempt_lost' } })
})

test('a run that is lost is not overdue: its replica is waited for by other rules', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  const peer = await openPeer(plane.url, identity)
  const { run } = await plane.runs.submit({ ...membersAdd, ttlMs: times.runTtlCapMs })
  await peer.order()
  peer.cut()
  await until(() => plane.gateway.sessions().length === 0)

  await plane.clock.advance(times.takeoverMs + 5 * minutes)

  expect(await plane.runs.get(run.id)).toMatchObject({ state: 'queued', doubtful: true })
})

test('an agent that says the same of its runs again and again is not heard', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  const read = await ordered(plane, peer, groupsList)
  const write = await ordered(plane, peer, { ...membersAdd, ttlMs: times.runTtlCapMs })
  peer.page(read, 0, groupRows(0, 1))
  await peer.next('ack')

  for (let count = 0; count < 6; count += 1) {
    for (const { id: run, attempt } of [read, write]) peer.send({ type: 'accepted', run, attempt })
    peer.page(read, 0, groupRows(0, 1))
    peer.page(read, 1 + count, [])
    for (const _ of [0, 1]) await peer.next('ack')
    await plane.clock.advance(4 * minutes)
  }

  expect(await plane.runs.get(write.id)).toMatchObject({ state: 'failed', error: { code: 'outcome_unknown' } })
  expect(await plane.runs.get(read.id)).toMatchObject({ state: 'failed', error: { code: 'attempt_lost' } })
})

test('a read that has new rows for ever ends a day after its time to live', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  const read = await ordered(plane, peer, { ...groupsList, ttlMs: 5 * minutes })
  const states: unknown[] = []

  for (let seq = 0; seq < 24 * 6; seq += 1) {
    await plane.clock.advance(10 * minutes)
    peer.page(read, seq, groupRows(seq, 1))
    await peer.next('ack')
    states.push((await plane.runs.get(read.id))?.state)
  }
  await plane.clock.advance(5 * minutes)

  expect(new Set(states)).toEqual(new Set(['sent']))
  expect(await plane.runs.get(read.id)).toMatchObject({ state: 'failed', error: { code: 'attempt_lost' } })
})

async function ordered(plane: GatewayUnderTest, peer: Peer, submission: Submission) {
  await plane.runs.submit(submission)
  return await peer.order()
}
