import { createHash } from 'node:crypto'
import { limits } from '@sallyport/protocol'
import { describe, expect, test } from 'vitest'
import type { Submission } from '../../../control-plane/runs/runs.ts'
import { openPeer, type Peer } from '../../support/agent-peer.ts'
import { type GatewayUnderTest, startGateway } from '../../support/gateway.ts'
import { groupRows, groupsList, membersAdd } from '../../support/submissions.ts'
import { until } from '../../support/until.ts'

async function order(plane: GatewayUnderTest, peer: Peer, submission: Submission = groupsList) {
  await plane.runs.submit(submission)
  return await peer.order()
}

describe('pages', () => {
  test('are stored, then acknowledged, and the credit grows by what was stored', async () => {
    await using plane = await startGateway()
    await using peer = await openPeer(plane.url, await plane.enrol())
    const run = await order(plane, peer)
    const pages = [groupRows(0, 3), groupRows(3, 2)]

    peer.send({ type: 'accepted', run: run.id, attempt: 1 })
    peer.page(run, 0, groupRows(0, 3))
    const ack = await peer.next('ack')
    const stored = await plane.store.pages.list(run.id, 1, { from: 0, limit: 9 })
    const credits = [await peer.next('credit'), await peer.next('credit')]
    peer.page(run, 1, groupRows(3, 2))
    peer.finish(run, pages)
    const lines = await plane.lines(run.id)

    const byteCount = JSON.stringify(pages[0]).length
    expect(ack).toEqual({ type: 'ack', run: run.id, attempt: 1, seq: 0 })
    expect(stored.map(({ rows }) => rows)).toEqual([JSON.stringify(pages[0])])
    expect(credits).toEqual([
      { type: 'credit', bytes: limits.sessionCreditBytes + byteCount },
      { type: 'credit', run: run.id, bytes: limits.runCreditBytes + byteCount },
    ])
    expect(lines).toHaveLength(7)
    expect(lines.at(-1)).toMatchObject({ type: 'done', rows: 5 })
    expect(await plane.runs.get(run.id)).toMatchObject({ state: 'done', pageCount: 2, rowCount: 5 })
  })

  test('are digested as they were written, whatever their white space', async () => {
    await using plane = await startGateway()
    await using peer = await openPeer(plane.url, await plane.enrol())
    const run = await order(plane, peer)
    const rows = '[ {"id":"6026da081f24755306c2ee0d", "name":"\\u0041ll","description":null,"email":null} ]'
    const sha256 = createHash('sha256').update(rows).digest('hex')

    const head = JSON.stringify({ type: 'done', run: run.id, attempt: 1, pages: 1, rowCount: 1, sha256 }).slice(0, -1)
    peer.sendText(`${head}, "rows": ${rows} }`)

    expect(await plane.lines(run.id)).toMatchObject([{}, { row: { name: 'All' } }, { type: 'done', sha256 }])
  })

  test('that came before are acknowledged again and counted once', async () => {
    await using plane = await startGateway()
    await using peer = await openPeer(plane.url, await plane.enrol())
    const run = await order(plane, peer)

    peer.page(run, 0, groupRows(0, 1))
    peer.page(run, 0, groupRows(0, 1))
    peer.finish(run, [groupRows(0, 1)])
    const lines = await plane.lines(run.id)

    expect(lines.map(({ type }) => type)).toEqual(['attempt', 'row', 'done'])
    expect([await peer.next('ack'), await peer.next('ack'), await peer.next('ack')]).toMatchObject([
      { seq: 0 },
      { seq: 0 },
      { seq: 'final' },
    ])
  })

  test('that leave out a number end the session', async () => {
    await using plane = await startGateway()
    await using peer = await openPeer(plane.url, await plane.enrol())
    const run = await order(plane, peer)

    peer.page(run, 1, groupRows(0, 1))

    expect((await peer.closed).code).toBe(4402)
  })

  test('of a run that nobody knows are acknowledged and dropped, so that the agent forgets them', async () => {
    await using plane = await startGateway()
    await using peer = await openPeer(plane.url, await plane.enrol())
    const stranger = { ...groupsList, id: 'run_of_nobody', attempt: 3, ttlMs: 1 }

    peer.page(stranger, 7, groupRows(0, 1))
    peer.answer(stranger, [])

    expect(await peer.next('ack')).toEqual({ type: 'ack', run: 'run_of_nobody', attempt: 3, seq: 7 })
    expect(await peer.next('credit')).toEqual({ type: 'credit', bytes: expect.any(Number) })
    expect(await peer.next('ack')).toMatchObject({ run: 'run_of_nobody', seq: 'final' })
  })

  test('of the run of another replica change nothing', async () => {
    await using plane = await startGateway()
    await using peer = await openPeer(plane.url, await plane.enrol())
    await using thief = await openPeer(plane.url, await plane.enrol('globex'))
    const run = await order(plane, peer)

    thief.answer(run, groupRows(0, 9))
    await thief.next('ack')
    peer.answer(run, groupRows(0, 1))

    expect((await plane.lines(run.id)).at(-1)).toMatchObject({ type: 'done', rows: 1 })
  })
})

test('an agent that fails says why, and a code of a newer version is kept', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  const [known, newer] = [await order(plane, peer), await order(plane, peer)]

  peer.send({ type: 'failed', run: known.id, attempt: 1, error: { code: 'rate_limited', message: 'too many' } })
  peer.send({ type: 'failed', run: newer.id, attempt: 1, error: { code: 'moon_full', message: 'x'.repeat(2000) } })

  expect(await plane.lines(known.id)).toMatchObject([
    {},
    { error: { code: 'rate_limited', fault: 'jumpcloud', retry: true } },
  ])
  expect(await plane.lines(newer.id)).toMatchObject([
    {},
    { error: { code: 'moon_full', fault: 'agent', retry: false } },
  ])
  expect(await peer.next('ack')).toMatchObject({ seq: 'final' })
})

test('a refusal names the rule of the policy', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  const run = await order(plane, peer, membersAdd)

  const error = { code: 'policy_denied', message: 'not allowed', rule: 'connections.main.allow' }
  peer.send({ type: 'refused', run: run.id, attempt: 1, error })

  expect(await plane.lines(run.id)).toEqual([
    { type: 'attempt', attempt: 1 },
    { type: 'failed', state: 'refused', outcome: null, error: { ...error, fault: 'customer', retry: false } },
  ])
})

test('a run that outlived its time at the agent expires', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  const run = await order(plane, peer, membersAdd)

  peer.send({ type: 'refused', run: run.id, attempt: 1, error: { code: 'run_expired', message: 'too late' } })

  expect(await plane.lines(run.id)).toMatchObject([{}, { state: 'expired', error: { code: 'run_expired' } }])
})

test('a batch that the agent cannot believe refuses all its runs', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  const read = { ...groupsList, idempotencyKey: 'once' }
  const submitted = await Promise.all([plane.runs.submit(read), plane.runs.submit(membersAdd)])
  const { jws } = await peer.next('run')

  const batch = createHash('sha256').update(String(jws)).digest('hex')
  peer.send({ type: 'refused', batch, error: { code: 'batch_wrong_session', message: 'of another session' } })

  for (const { run } of submitted) {
    expect(await plane.lines(run.id)).toMatchObject([{}, { state: 'refused', error: { code: 'batch_wrong_session' } }])
  }
})

test('a store that fails ends the session and acknowledges nothing; the agent sends again', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  await using peer = await openPeer(plane.url, identity)
  const run = await order(plane, peer)
  const honest = plane.store.pages.add
  Object.assign(plane.store.pages, { add: () => Promise.reject(new Error('disk full')) })

  peer.page(run, 0, groupRows(0, 1))
  const closed = await peer.closed
  Object.assign(plane.store.pages, { add: honest })
  await using again = await openPeer(plane.url, identity, { held: [{ run: run.id, attempt: 1 }] })
  again.page(run, 0, groupRows(0, 1))
  again.finish(run, [groupRows(0, 1)])

  expect(closed.code).toBe(4500)
  expect(peer.unread().filter(({ type }) => type === 'ack')).toEqual([])
  expect(await plane.lines(run.id)).toMatchObject([{}, { type: 'row' }, { type: 'done', rows: 1 }])
})

test('shows that a run waits for a credential, and that it goes on', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  await using peer = await openPeer(plane.url, identity)
  const run = await order(plane, peer)
  const stateOf = async () => (await plane.store.runs.get(run.id))?.state

  peer.send({ type: 'parked', run: run.id, attempt: 1 })
  await until(async () => (await stateOf()) === 'parked')
  peer.send({ type: 'accepted', run: run.id, attempt: 1 })
  await until(async () => (await stateOf()) === 'accepted')
  peer.page(run, 0, groupRows(0, 1))
  peer.finish(run, [groupRows(0, 1)])

  expect(await plane.lines(run.id)).toMatchObject([{}, { type: 'row' }, { type: 'done', rows: 1 }])
})
