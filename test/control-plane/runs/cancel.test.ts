import { signedTypes } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { connectPeer, openPeer } from '../../support/agent-peer.ts'
import { startGateway } from '../../support/gateway.ts'
import { groupRows, groupsList, membersAdd } from '../../support/submissions.ts'
import { until } from '../../support/until.ts'

test('a run that waits is cancelled at once', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  const { run } = await plane.runs.submit(groupsList)

  const cancelled = await plane.runs.cancel('test', run.id)
  await using peer = await openPeer(plane.url, identity)
  await plane.clock.advance(1000)

  expect(cancelled).toMatchObject({ state: 'cancelled', error: { code: 'cancelled' } })
  expect(await plane.lines(run.id)).toMatchObject([{ type: 'failed', state: 'cancelled' }])
  expect(peer.unread()).toEqual([])
})

test('a read that was sent is cancelled at once, wherever it is, and what the agent says of it is dropped', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  const { run } = await plane.runs.submit(groupsList)
  const order = await peer.order()

  const asked = await plane.runs.cancel('test', run.id)
  await peer.next('cancel')
  peer.page(order, 0, groupRows(0, 1))
  peer.answer(order, groupRows(0, 1))

  expect(asked).toMatchObject({ state: 'cancelled', cancelAskedAt: plane.clock.now(), error: { code: 'cancelled' } })
  expect([await peer.next('ack'), await peer.next('ack')]).toMatchObject([{ seq: 0 }, { seq: 'final' }])
  expect(await plane.lines(run.id)).toMatchObject([{}, { type: 'failed', state: 'cancelled' }])
})

test('of a write that was sent, the agent says how it ends', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  const { run } = await plane.runs.submit(membersAdd)
  const order = await peer.order()

  const asked = await plane.runs.cancel('test', run.id)
  await peer.next('cancel')
  peer.send({ type: 'failed', run: order.id, attempt: 1, error: { code: 'cancelled', message: 'cancelled' } })

  expect(asked).toMatchObject({ state: 'sent', cancelAskedAt: plane.clock.now() })
  expect(await plane.lines(run.id)).toMatchObject([{}, { state: 'cancelled', error: { code: 'cancelled' } }])
})

test('a write that was on its way says too late, and its outcome follows', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  const { run } = await plane.runs.submit(membersAdd)
  const order = await peer.order()
  peer.send({ type: 'accepted', run: order.id, attempt: 1 })
  await until(async () => (await plane.runs.get(run.id))?.state === 'accepted')

  await plane.runs.cancel('test', run.id)
  await peer.next('cancel')
  peer.send({ type: 'too_late', run: order.id, attempt: 1 })
  peer.answer(order, [], { outcome: 'applied' })
  await plane.lines(run.id)

  expect(await plane.runs.get(run.id)).toMatchObject({ state: 'done', outcome: 'applied', cancelTooLate: true })
})

test('who asked is noted in the step that keeps the cancel, once, with the state that it was asked for in', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  const { run: waits } = await plane.runs.submit(membersAdd)
  await plane.runs.cancel('first', waits.id)
  await using peer = await openPeer(plane.url, identity)
  const { run } = await plane.runs.submit(membersAdd)
  await peer.order()

  await plane.runs.cancel('first', run.id)
  await plane.runs.cancel('second', run.id)

  const noted = (await plane.store.audit.list({ limit: 9 })).filter(({ action }) => action === 'run.cancelled')
  expect(noted).toMatchObject([
    { actor: 'first', target: run.id, details: { state: 'sent' } },
    { actor: 'first', target: waits.id, details: { state: 'queued' } },
  ])
})

test('a cancel that comes with the run follows its batch', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  const { run } = await plane.runs.submit(groupsList)

  await plane.runs.cancel('test', run.id)
  const order = await peer.order()

  expect(await peer.next('cancel')).toMatchObject({ run: order.id })
})

test('a read whose agent is away is cancelled at once, and abandoned when the agent comes back', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  await using peer = await openPeer(plane.url, identity)
  const { run } = await plane.runs.submit(groupsList)
  await peer.order()
  peer.cut()
  await until(() => plane.gateway.sessions().length === 0)

  const cancelled = await plane.runs.cancel('test', run.id)
  await using again = await openPeer(plane.url, identity)

  expect(cancelled.state).toBe('cancelled')
  expect(again.unread()).toEqual([])
})

test('a write whose agent is away is cancelled when it comes back', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  await using peer = await openPeer(plane.url, identity)
  const { run } = await plane.runs.submit(membersAdd)
  await peer.order()
  peer.cut()
  await until(() => plane.gateway.sessions().length === 0)

  const asked = await plane.runs.cancel('test', run.id)
  await using again = await openPeer(plane.url, identity, { held: [{ run: run.id, attempt: 1 }] })

  expect(asked.state).toBe('sent')
  expect(await again.next('cancel')).toMatchObject({ run: run.id })
})

test('a cancel that comes between the hello and the welcome goes after the welcome', async () => {
  const gate = Promise.withResolvers<void>()
  const signing = Promise.withResolvers<void>()
  const opened = { count: 0 }
  await using plane = await startGateway({
    sign: (honest) => async (type, payload) => {
      if (type === signedTypes.welcome && ++opened.count === 2) {
        signing.resolve()
        await gate.promise
      }
      return await honest.sign(type, payload)
    },
  })
  const identity = await plane.enrol()
  await using peer = await openPeer(plane.url, identity)
  const { run } = await plane.runs.submit(membersAdd)
  await peer.order()
  peer.cut()
  await until(() => plane.gateway.sessions().length === 0)
  await using again = await connectPeer(plane.url, identity, { held: [{ run: run.id, attempt: 1 }] })
  await signing.promise

  const order: unknown[] = []
  const arrivals = ['cancel', 'welcome'].map((type) => again.next(type).then((frame) => order.push(frame.type)))
  await plane.runs.cancel('test', run.id)
  gate.resolve()
  await Promise.all(arrivals)

  expect(order).toEqual(['welcome', 'cancel'])
})

test('a run that fails as cancelled where nobody asked for it failed', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  const { run } = await plane.runs.submit(groupsList)
  const { id } = await peer.order()

  peer.send({ type: 'failed', run: id, attempt: 1, error: { code: 'cancelled', message: 'cancelled' } })

  expect(await plane.lines(run.id)).toMatchObject([{}, { state: 'failed', error: { code: 'cancelled' } }])
})

test('a write that says it was cancelled, and that something was changed, failed', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  const { run } = await plane.runs.submit(membersAdd)
  const { id } = await peer.order()
  await plane.runs.cancel('test', id)

  const error = { code: 'cancelled', message: 'cancelled' }
  peer.send({ type: 'failed', run: id, attempt: 1, outcome: 'unknown', error })

  expect(await plane.lines(run.id)).toMatchObject([{}, { state: 'failed', outcome: 'unknown' }])
})

test('what has ended stays as it is, and what is not there is said so', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  const { run } = await plane.runs.submit(groupsList)
  peer.answer(await peer.order(), [])
  await plane.lines(run.id)

  expect(await plane.runs.cancel('test', run.id)).toMatchObject({ state: 'done', cancelAskedAt: null })
  await expect(plane.runs.cancel('test', 'run_nowhere')).rejects.toMatchObject({ code: 'run_unknown' })
})

test('a cancel that crossed with the run being given back goes with its next attempt', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  const { run } = await plane.runs.submit(groupsList)
  await plane.store.runs.step({ run: run.id, from: ['queued'], change: { cancelAskedAt: plane.clock.now() } })

  await using peer = await openPeer(plane.url, identity)
  await peer.order()

  expect(await peer.next('cancel')).toEqual({ type: 'cancel', run: run.id })
})

test('what an agent says of a read as if it were a write, or of a cancel that nobody asked for, is not kept', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  const { run } = await plane.runs.submit(groupsList)
  const { id } = await peer.order()

  peer.send({ type: 'too_late', run: id, attempt: 1 })
  peer.send({ type: 'failed', run: id, attempt: 1, outcome: 'applied', error: { code: 'not_found', message: 'none' } })
  await plane.lines(run.id)

  expect(await plane.runs.get(run.id)).toMatchObject({ state: 'failed', outcome: null, cancelTooLate: false })
})
