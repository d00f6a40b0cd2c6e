import { describe, expect, test } from 'vitest'
import { connectPeer, openPeer, type Peer } from '../../support/agent-peer.ts'
import { type GatewayUnderTest, startGateway } from '../../support/gateway.ts'
import { groupRows, groupsList, membersAdd } from '../../support/submissions.ts'

/** A plane with a replica that waits for work, and whose runs are stored when the test says so. */
async function startSlowStore() {
  await using parts = new AsyncDisposableStack()
  const plane = parts.use(await startGateway())
  const identity = await plane.enrol()
  const peer = parts.use(await openPeer(plane.url, identity))
  // From then on the plane knows that nothing waits.
  const { run } = await plane.runs.submit(groupsList)
  peer.answer(await peer.order(), [])
  await plane.lines(run.id)
  await peer.next('ack')
  const { promise: stored, resolve: store, reject: fail } = Promise.withResolvers<void>()
  const { add } = plane.store.runs
  const addLater: typeof add = async (...run) => {
    await stored
    return await add(...run)
  }
  Object.assign(plane.store.runs, { add: addLater })
  const owned = parts.move()
  return { plane, peer, identity, store, fail, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Resolves when the peer has all that the plane said before. */
async function allSaid({ store, gateway }: GatewayUnderTest, peer: Peer): Promise<void> {
  await store.agents.disable('acme', 1)
  await gateway.review()
  await peer.closed
}

test('a read leaves while it is being stored, and its caller is told when it is', async () => {
  await using slow = await startSlowStore()
  let isTold = false

  const submitted = slow.plane.runs.submit(groupsList).finally(() => {
    isTold = true
  })
  const order = await slow.peer.order()
  const toldEarly = isTold
  slow.store()
  const { run } = await submitted
  slow.peer.answer(order, groupRows(0, 1))

  expect(toldEarly).toBe(false)
  expect(run).toMatchObject({ id: order.id, state: 'sent', attempt: 1 })
  expect((await slow.plane.lines(run.id)).at(-1)).toMatchObject({ type: 'done', rows: 1 })
})

test('ids sort as their runs were submitted', async () => {
  await using plane = await startGateway()
  await plane.enrol()
  const ids: string[] = []

  for (const ms of [0, 1, 40_000, 90_000_000]) {
    await plane.clock.advance(ms)
    ids.push((await plane.runs.submit(groupsList)).run.id)
  }

  expect(ids.toSorted()).toEqual(ids)
})

describe('leaves when it is stored, and not before:', () => {
  test.for([
    ['a write', membersAdd],
    ['what has a key', { ...groupsList, idempotencyKey: 'once' }],
  ] as const)('%s', async ([_, submission]) => {
    await using slow = await startSlowStore()

    const submitted = slow.plane.runs.submit(submission)
    const read = slow.plane.runs.submit(groupsList)
    const order = await slow.peer.order()
    slow.store()
    const [next] = await slow.peer.batch()

    expect((await read).run.id).toBe(order.id)
    expect((await submitted).run.id).toBe(next?.id)
  })
})

describe('a read that left and cannot be stored', () => {
  test('is refused to its caller and called off at the agent', async () => {
    await using slow = await startSlowStore()

    const submitted = slow.plane.runs.submit(groupsList)
    const order = await slow.peer.order()
    slow.fail(new Error('disk full'))

    await expect(submitted).rejects.toThrow('disk full')
    expect(await slow.peer.next('cancel')).toMatchObject({ run: order.id })
    expect(slow.plane.gateway.sessions()).toMatchObject([{ runCount: 0 }])
    expect(await slow.plane.store.runs.get(order.id)).toBeUndefined()
  })

  test('is forgotten by the agent that has answered it', async () => {
    await using slow = await startSlowStore()

    const submitted = slow.plane.runs.submit(groupsList)
    const order = await slow.peer.order()
    slow.peer.answer(order, groupRows(0, 1))
    const acknowledged = await slow.peer.next('ack')
    slow.fail(new Error('disk full'))
    await expect(submitted).rejects.toThrow('disk full')
    await allSaid(slow.plane, slow.peer)

    expect(acknowledged).toMatchObject({ run: order.id, seq: 'final' })
    expect(slow.peer.unread().filter(({ type }) => type === 'cancel')).toEqual([])
  })

  test('because the control plane ended, is abandoned by the replica that comes back with it', async () => {
    await using slow = await startSlowStore()
    const submitted = slow.plane.runs.submit(groupsList)
    const { id: run, attempt } = await slow.peer.order()
    await using next = await startGateway({ store: slow.plane.store })

    await using back = await connectPeer(next.url, slow.identity, { held: [{ run, attempt }] })
    const { held } = await back.welcome()
    slow.fail(new Error('killed'))

    expect(held).toEqual([{ run, attempt, keep: false, next: 0 }])
    await expect(submitted).rejects.toThrow('killed')
  })
})
