import { times } from '@sallyport/protocol'
import { describe, expect, test } from 'vitest'
import { openPeer } from '../../support/agent-peer.ts'
import { startGateway } from '../../support/gateway.ts'
import { groupRow, groupRows, groupsList, membersAdd } from '../../support/submissions.ts'

test('a read goes to its agent, and its rows come to whoever watches', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())

  const { run, existing } = await plane.runs.submit(groupsList)
  const order = await peer.order()
  peer.answer(order, groupRows(0, 2))
  const lines = await plane.lines(run.id)

  expect(existing).toBe(false)
  expect(order).toMatchObject({ id: run.id, job: 'groups.list', connection: 'main', params: {}, requester: 'somebody' })
  expect(order).toMatchObject({ attempt: 1, ttlMs: times.runTtlMs })
  expect(lines).toEqual([
    { type: 'attempt', attempt: 1 },
    { type: 'row', seq: 0, row: groupRow(0) },
    { type: 'row', seq: 1, row: groupRow(1) },
    { type: 'done', state: 'done', rows: 2, outcome: null, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ])
  expect(await peer.next('ack')).toEqual({ type: 'ack', run: run.id, attempt: 1, seq: 'final' })
})

test('a write ends with its outcome', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())

  const { run } = await plane.runs.submit(membersAdd)
  const order = await peer.order()
  peer.send({ type: 'accepted', run: order.id, attempt: 1 })
  peer.answer(order, [], { outcome: 'applied' })

  expect(await plane.lines(run.id)).toMatchObject([{ type: 'attempt' }, { type: 'done', outcome: 'applied' }])
  expect(await plane.runs.get(run.id)).toMatchObject({ state: 'done', effect: 'write', finishedAt: plane.clock.now() })
})

describe('an idempotency key', () => {
  test('makes one run of a repeated submission', async () => {
    await using plane = await startGateway()
    await using peer = await openPeer(plane.url, await plane.enrol())

    const [first, second] = await Promise.all([
      plane.runs.submit({ ...groupsList, idempotencyKey: 'k' }),
      plane.runs.submit({ ...groupsList, idempotencyKey: 'k' }),
    ])
    const third = await plane.runs.submit({ ...groupsList, idempotencyKey: 'k' })
    const order = await peer.order()
    peer.answer(order, [])
    await plane.lines(first.run.id)

    expect([first.existing, second.existing, third.existing]).toEqual([false, true, true])
    expect(new Set([first.run.id, second.run.id, third.run.id])).toEqual(new Set([order.id]))
    expect(peer.unread().filter(({ type }) => type === 'run')).toEqual([])
  })

  test('refuses another submission under the same key', async () => {
    await using plane = await startGateway()
    await plane.enrol()
    await plane.runs.submit({ ...groupsList, idempotencyKey: 'k' })

    const other = plane.runs.submit({ ...groupsList, idempotencyKey: 'k', params: { name: 'All' } })

    await expect(other).rejects.toMatchObject({ code: 'idempotency_conflict' })
  })
})

test.for([
  ['an agent that is not there', { agent: 'globex' }, 'agent_unknown', 'globex'],
  ['a job that is not there', { job: 'groups.lsit' }, 'job_unknown', 'groups.list'],
  ['a misspelt param', { params: { nmae: 'All' } }, 'params_invalid', 'nmae'],
  ['a param that does not fit', { params: { name: '' } }, 'params_invalid', 'name'],
  ['a connection name that is none', { connection: 'Main!' }, 'request_invalid', 'connection'],
  ['a time to live that cannot be', { ttlMs: 0 }, 'request_invalid', 'ttlMs'],
] as const)('refuses %s, and names it', async ([, change, code, named]) => {
  await using plane = await startGateway()
  await plane.enrol()

  const refusal = plane.runs.submit({ ...groupsList, ...change })

  await expect(refusal).rejects.toMatchObject({ code, message: expect.stringContaining(named) })
  expect(await plane.runs.list('acme', { limit: 10 })).toEqual([])
})

test('refuses a disabled agent', async () => {
  await using plane = await startGateway()
  await plane.enrol()
  await plane.store.agents.disable('acme', plane.clock.now())

  await expect(plane.runs.submit(groupsList)).rejects.toMatchObject({ code: 'agent_disabled' })
})
