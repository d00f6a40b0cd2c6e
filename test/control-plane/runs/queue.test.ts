import { limits, times } from '@sallyport/protocol'
import { describe, expect, test } from 'vitest'
import { openPeer } from '../../support/agent-peer.ts'
import { startGateway } from '../../support/gateway.ts'
import { groupsList, membersAdd } from '../../support/submissions.ts'
import { until } from '../../support/until.ts'

test('a run for an agent that is away waits for it', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()

  const { run } = await plane.runs.submit(groupsList)
  await plane.clock.advance(1000)
  const waiting = run.state
  await using peer = await openPeer(plane.url, identity)
  const order = await peer.order()

  expect(waiting).toBe('queued')
  expect(order).toMatchObject({ id: run.id, attempt: 1, ttlMs: times.runTtlMs - 1000 })
})

test('waits no longer than its time to live', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()

  const { run } = await plane.runs.submit({ ...groupsList, ttlMs: 5000 })
  const lines = plane.lines(run.id)
  await plane.clock.advance(5000)

  expect(await lines).toMatchObject([{ type: 'failed', state: 'expired', error: { code: 'run_expired', retry: true } }])
  await using peer = await openPeer(plane.url, identity)
  await plane.clock.advance(1000)
  expect(peer.unread()).toEqual([])
})

test('what waited goes out oldest first, in as few batches as fit', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  const submitted: string[] = []
  for (let index = 0; index < limits.batchRunsCount + 6; index += 1) {
    submitted.push((await plane.runs.submit(groupsList)).run.id)
  }

  await using peer = await openPeer(plane.url, identity)
  const [first, second] = [await peer.batch(), await peer.batch()]

  expect(first).toHaveLength(limits.batchRunsCount)
  expect([...first, ...second].map(({ id }) => id)).toEqual(submitted)
})

test('of two replicas, the one with less to do gets the next run', async () => {
  await using plane = await startGateway()
  await using one = await openPeer(plane.url, await plane.enrol())
  await using two = await openPeer(plane.url, await plane.enrol())

  await plane.runs.submit(groupsList)
  await plane.runs.submit(groupsList)

  expect(await one.batch()).toHaveLength(1)
  expect(await two.batch()).toHaveLength(1)
})

test('of two replicas, the one whose policy lets the job through gets the run', async () => {
  await using plane = await startGateway()
  await using without = await openPeer(plane.url, await plane.enrol(), { jobs: ['org.get'] })
  await using fitting = await openPeer(plane.url, await plane.enrol(), { jobs: ['groups.list'] })

  await plane.runs.submit(groupsList)
  await plane.runs.submit(groupsList)

  expect([await fitting.batch(), await fitting.batch()].flat()).toHaveLength(2)
  expect(without.unread()).toEqual([])
})

test('an agent that is stopping gets no runs, and hands back what it did not start', async () => {
  await using plane = await startGateway()
  await using stopping = await openPeer(plane.url, await plane.enrol())
  const { run } = await plane.runs.submit(groupsList)
  await stopping.order()

  stopping.send({ type: 'state', draining: true })
  stopping.send({ type: 'leaving', runs: [run.id] })
  await until(async () => (await plane.runs.get(run.id))?.state === 'queued')
  await using other = await openPeer(plane.url, await plane.enrol())
  const order = await other.order()

  expect(order).toMatchObject({ id: run.id, attempt: 2 })
  expect(stopping.unread()).toEqual([])
})

describe('a run that an agent hands back without stopping', () => {
  test('goes to another replica at once, and others go on coming', async () => {
    await using plane = await startGateway()
    await using one = await openPeer(plane.url, await plane.enrol())
    const { run } = await plane.runs.submit(groupsList)
    await one.order()
    await using two = await openPeer(plane.url, await plane.enrol())

    one.send({ type: 'leaving', runs: [run.id] })
    const again = await two.order()
    const next = await plane.runs.submit(groupsList)

    expect(again).toMatchObject({ id: run.id, attempt: 2 })
    expect(await one.order()).toMatchObject({ id: next.run.id })
  })

  test.for([
    ['a read', groupsList],
    ['a write', membersAdd],
  ] as const)(
    'comes to it again after a while where there is no other, and not at once: %s',
    async ([, submission]) => {
      await using plane = await startGateway()
      await using peer = await openPeer(plane.url, await plane.enrol())
      const { run } = await plane.runs.submit(submission)
      await peer.order()

      peer.send({ type: 'leaving', runs: [run.id] })
      await until(async () => (await plane.runs.get(run.id))?.state === 'queued')
      await plane.clock.advance(9000)
      const early = peer.unread()
      await plane.clock.advance(1000)

      expect(early).toEqual([])
      expect(await peer.order()).toMatchObject({ id: run.id, attempt: 2 })
    },
  )

  test('comes to it at once in its next session', async () => {
    await using plane = await startGateway()
    const identity = await plane.enrol()
    await using peer = await openPeer(plane.url, identity)
    const { run } = await plane.runs.submit(groupsList)
    await peer.order()
    peer.send({ type: 'leaving', runs: [run.id] })
    await until(async () => (await plane.runs.get(run.id))?.state === 'queued')

    await using again = await openPeer(plane.url, identity)

    expect(await again.order()).toMatchObject({ id: run.id, attempt: 2 })
  })
})

test('a run that no replica has room for waits until one has', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  await Promise.all(Array.from({ length: limits.heldRunsCount + 1 }, () => plane.runs.submit(groupsList)))
  const orders = []
  while (orders.length < limits.heldRunsCount) orders.push(...(await peer.batch()))
  const waiting = await plane.runs.list('acme', { limit: 10, state: 'queued' })

  if (orders[0]) peer.answer(orders[0], [])
  const last = await peer.order()

  expect(waiting.map(({ id }) => id)).toEqual([last.id])
})

test('a run that the store did not take as sent has no place, and goes out when it does', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  peer.send({ type: 'state', draining: true })
  await until(() => plane.gateway.sessions()[0]?.draining === true)
  const { run } = await plane.runs.submit(groupsList)
  const step = plane.store.runs.step
  Object.assign(plane.store.runs, { step: () => Promise.reject(new Error('disk full')) })

  peer.send({ type: 'state', draining: false })
  await until(() => plane.gateway.sessions()[0]?.draining === false)
  await plane.clock.advance(1000)
  const whileFailing = plane.gateway.sessions()[0]?.runCount
  Object.assign(plane.store.runs, { step })
  await plane.clock.advance(1000)

  expect(whileFailing).toBe(0)
  expect(await peer.order()).toMatchObject({ id: run.id, attempt: 1 })
})

describe('a replica that cannot write its journal', () => {
  test('gets no writes, and reads go on past those that wait', async () => {
    await using plane = await startGateway()
    await using peer = await openPeer(plane.url, await plane.enrol(), { body: { journal: 'full' } })
    const write = await plane.runs.submit(membersAdd)
    const read = await plane.runs.submit(groupsList)
    const order = await peer.order()

    peer.send({ type: 'state', journal: 'ok' })
    const next = await peer.order()

    expect(order.id).toBe(read.run.id)
    expect(next.id).toBe(write.run.id)
  })

  test('leaves them to one that can', async () => {
    await using plane = await startGateway()
    await using broken = await openPeer(plane.url, await plane.enrol(), { body: { journal: 'lost' } })
    await using whole = await openPeer(plane.url, await plane.enrol(), { body: { journal: 'ok' } })

    const { run } = await plane.runs.submit(membersAdd)

    expect(await whole.order()).toMatchObject({ id: run.id })
    expect(broken.unread()).toEqual([])
  })

  test('lets them expire where there is no other', async () => {
    await using plane = await startGateway()
    await using peer = await openPeer(plane.url, await plane.enrol(), { body: { journal: 'read_only' } })
    const { run } = await plane.runs.submit(membersAdd)

    await plane.clock.advance(times.runTtlMs)

    expect(await plane.lines(run.id)).toMatchObject([{ state: 'expired', error: { code: 'run_expired' } }])
    expect(peer.unread()).toEqual([])
  })

  test('hands a write back once, is not given it again, and goes on with reads', async () => {
    await using plane = await startGateway()
    await using peer = await openPeer(plane.url, await plane.enrol(), { body: { journal: 'ok' } })
    const write = await plane.runs.submit(membersAdd)
    await peer.order()

    peer.send({ type: 'state', journal: 'failing' })
    peer.send({ type: 'leaving', runs: [write.run.id] })
    await until(async () => (await plane.runs.get(write.run.id))?.state === 'queued')
    const read = await plane.runs.submit(groupsList)

    expect(await peer.order()).toMatchObject({ id: read.run.id })
    expect(await plane.runs.get(write.run.id)).toMatchObject({ state: 'queued', attempt: 1, doubtful: false })
  })
})
