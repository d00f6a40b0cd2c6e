import { times } from '@sallyport/protocol'
import { describe, expect, test } from 'vitest'
import { silentLog } from '../../../control-plane/ports/log.ts'
import { createRuns, type Submission } from '../../../control-plane/runs/runs.ts'
import { openSqliteStore } from '../../../control-plane/store/sqlite.ts'
import { connectPeer, openPeer, type PeerIdentity } from '../../support/agent-peer.ts'
import { type GatewayUnderTest, startGateway } from '../../support/gateway.ts'
import { groupRows, groupsList, membersAdd } from '../../support/submissions.ts'
import { until } from '../../support/until.ts'
import { aCode, aRun } from '../store/store-fixtures.ts'

/** A run that was sent to a replica, whose socket is then cut. */
async function lose(plane: GatewayUnderTest, identity: PeerIdentity, submission: Submission): Promise<string> {
  await using peer = await openPeer(plane.url, identity)
  const { run } = await plane.runs.submit(submission)
  await peer.order()
  peer.cut()
  await until(() => plane.gateway.sessions().length === 0)
  return run.id
}

describe('a replica that comes back', () => {
  test('goes on with what it still holds, from the first page that is not stored', async () => {
    await using plane = await startGateway()
    const identity = await plane.enrol()
    const peer = await openPeer(plane.url, identity)
    const { run } = await plane.runs.submit(groupsList)
    const order = await peer.order()
    const pages = [groupRows(0, 2), groupRows(2, 2)]
    peer.page(order, 0, groupRows(0, 2))
    await peer.next('ack')
    peer.cut()
    await until(() => plane.gateway.sessions().length === 0)

    await using again = await openPeer(plane.url, identity, { held: [{ run: run.id, attempt: 1 }] })
    again.page(order, 1, groupRows(2, 2))
    again.finish(order, pages)

    const lines = await plane.lines(run.id)
    expect(lines.map(({ type }) => type)).toEqual(['attempt', 'row', 'row', 'row', 'row', 'done'])
  })

  test('without a read that it had gets it as a new attempt', async () => {
    await using plane = await startGateway()
    const identity = await plane.enrol()
    const run = await lose(plane, identity, groupsList)

    await using again = await openPeer(plane.url, identity)

    expect(await again.order()).toMatchObject({ id: run, attempt: 2 })
  })

  test('and cannot read its journal yet goes on with what it holds once it can', async () => {
    await using plane = await startGateway()
    const identity = await plane.enrol()
    let id = ''
    {
      await using peer = await openPeer(plane.url, identity, { body: { journal: 'ok' }, journalId: 'journal-1' })
      id = (await plane.runs.submit(membersAdd)).run.id
      await peer.order()
    }
    await until(() => plane.gateway.sessions().length === 0)
    {
      await using _ = await openPeer(plane.url, identity, { body: { journal: 'failing', journalId: undefined } })
      expect(await plane.runs.get(id)).toMatchObject({ state: 'sent', error: null })
    }
    await until(() => plane.gateway.sessions().length === 0)

    const held = [{ run: id, attempt: 1 }]
    await using again = await connectPeer(plane.url, identity, {
      ...{ body: { journal: 'ok' }, journalId: 'journal-1' },
      held,
    })

    expect((await again.welcome()).held).toMatchObject([{ run: id, keep: true }])
    expect(await plane.runs.get(id)).toMatchObject({ state: 'sent', error: null })
  })

  test('is told to abandon an attempt that another one has taken over', async () => {
    await using plane = await startGateway()
    const identity = await plane.enrol()
    const run = await lose(plane, identity, groupsList)
    await plane.clock.advance(times.backoffCapMs)
    await using other = await openPeer(plane.url, await plane.enrol())
    const order = await other.order()

    await using again = await openPeer(plane.url, identity, { held: [{ run, attempt: 1 }] })
    again.answer({ ...order, attempt: 1 }, groupRows(0, 9))
    await again.next('ack')
    other.answer(order, groupRows(0, 1))

    expect(order).toMatchObject({ id: run, attempt: 2 })
    expect(await plane.lines(run)).toMatchObject([{ attempt: 2 }, { seq: 0 }, { type: 'done', rows: 1 }])
  })

  test('finds its run after a restart of the control plane, and the pages of before count', async () => {
    await using store = await openSqliteStore({ path: ':memory:' })
    const pages = [groupRows(0, 2), groupRows(2, 1)]
    const before = await startGateway({ store })
    const identity = await before.enrol()
    const peer = await openPeer(before.url, identity)
    const { run } = await before.runs.submit(groupsList)
    const order = await peer.order()
    peer.page(order, 0, groupRows(0, 2))
    await peer.next('ack')
    const { signer } = before
    await before[Symbol.asyncDispose]()

    await using after = await startGateway({ store, sign: () => signer.sign })
    await using again = await openPeer(after.url, identity, { held: [{ run: run.id, attempt: 1 }] })
    again.page(order, 1, groupRows(2, 1))
    again.finish(order, pages)

    expect((await after.lines(run.id)).at(-1)).toMatchObject({ type: 'done', rows: 3 })
  })
})

describe('a replica that stays away', () => {
  test('loses a read to another replica when it had time to come back', async () => {
    await using plane = await startGateway()
    const run = await lose(plane, await plane.enrol(), groupsList)
    await using other = await openPeer(plane.url, await plane.enrol())
    await plane.clock.advance(times.backoffCapMs - 1000)
    const before = other.unread()

    await plane.clock.advance(1000)

    expect(before).toEqual([])
    expect(await other.order()).toMatchObject({ id: run, attempt: 2 })
  })

  test('because it was revoked, is not waited for', async () => {
    await using plane = await startGateway()
    const identity = await plane.enrol()
    await using peer = await openPeer(plane.url, identity)
    const read = await plane.runs.submit(groupsList)
    const write = await plane.runs.submit(membersAdd)
    await peer.batch()

    await plane.store.replicas.revoke(identity.replica, plane.clock.now())
    await plane.gateway.review()

    expect(await plane.runs.get(read.run.id)).toMatchObject({ state: 'queued' })
    // It may still be about to do the write.
    expect(await plane.runs.get(write.run.id)).toMatchObject({ state: 'sent' })
    await plane.clock.advance(times.takeoverMs)
    expect(await plane.runs.get(write.run.id)).toMatchObject({ state: 'queued', doubtful: true })
  })
})

test('a cancel of a write in doubt never says that nothing was changed, whatever its last replica says', async () => {
  await using plane = await startGateway()
  const run = await lose(plane, await plane.enrol(), membersAdd)
  await plane.clock.advance(times.takeoverMs)
  await using other = await openPeer(plane.url, await plane.enrol())
  const order = await other.order()
  await plane.runs.cancel('test', run)
  await other.next('cancel')

  const error = { code: 'cancelled', message: 'run groups.members.add: cancelled before anything was changed' }
  other.send({ type: 'failed', run, attempt: order.attempt, outcome: 'unknown', error })
  await other.next('ack')

  expect(await plane.runs.get(run)).toMatchObject({
    state: 'failed',
    outcome: 'unknown',
    error: { code: 'outcome_unknown', message: expect.stringContaining('cancelled before anything was changed') },
  })
})

test('a restarted control plane gives a read that nobody came back with to the next replica', async () => {
  await using plane = await startGateway()
  const run = await lose(plane, await plane.enrol(), groupsList)
  await plane.runs.close()

  const { store, clock } = plane
  const runs = createRuns({ ...plane, log: silentLog, random: plane.random })
  await clock.advance(1000)
  await clock.advance(times.backoffCapMs)
  await clock.advance(1000)

  expect(await store.runs.get(run)).toMatchObject({ state: 'queued', attempt: 1 })
  await runs.close()
})

describe('while the store fails', () => {
  test('a run that cannot be given back is tried again, and is not stuck', async () => {
    await using plane = await startGateway()
    const identity = await plane.enrol()
    await using peer = await openPeer(plane.url, identity)
    const { run } = await plane.runs.submit(groupsList)
    await peer.order()
    const step = plane.store.runs.step
    Object.assign(plane.store.runs, { step: () => Promise.reject(new Error('disk full')) })

    peer.send({ type: 'leaving', runs: [run.id] })
    await peer.closed
    await plane.clock.advance(1000)
    Object.assign(plane.store.runs, { step })
    await plane.clock.advance(1000)

    expect(await plane.runs.get(run.id)).toMatchObject({ state: 'queued', attempt: 1 })
  })

  test('the pages after one that could not be stored are not held against the agent', async () => {
    await using plane = await startGateway()
    await using peer = await openPeer(plane.url, await plane.enrol())
    const { run } = await plane.runs.submit(groupsList)
    const order = await peer.order()
    const add = plane.store.pages.add
    const addButTheFirst: typeof add = async (page) => {
      if (page.seq === 0) throw new Error('disk full')
      return add(page)
    }
    Object.assign(plane.store.pages, { add: addButTheFirst })

    peer.page(order, 0, groupRows(0, 1))
    peer.page(order, 1, groupRows(1, 1))

    expect((await peer.closed).code).toBe(4500)
    expect(await plane.runs.get(run.id)).toMatchObject({ state: 'sent', error: null })
  })

  test('a restarted control plane goes on trying to find its runs, and agents wait for it', async () => {
    await using store = await openSqliteStore({ path: ':memory:' })
    const list = store.agents.list
    Object.assign(store.agents, { list: () => Promise.reject(new Error('disk full')) })
    await using plane = await startGateway({ store })
    const opening = openPeer(plane.url, await plane.enrol())
    await plane.clock.asleep(1000)

    Object.assign(store.agents, { list })
    await plane.clock.advance(1000)

    await using _ = await opening
    expect(plane.log.map(({ event }) => event)).toContain('runs.not_recovered')
  })
})

test('a run of a job that this version does not have any more fails, and is not held for ever', async () => {
  await using store = await openSqliteStore({ path: ':memory:' })
  await store.codes.add({ ...aCode, agent: 'acme' })
  await store.runs.add({ ...aRun, job: 'moons.add', effect: 'write', state: 'accepted', attempt: 1 })

  await using plane = await startGateway({ store })
  await until(async () => (await plane.runs.get(aRun.id))?.state === 'failed')

  expect(await plane.runs.get(aRun.id)).toMatchObject({ outcome: 'unknown', error: { code: 'job_unknown' } })
})
