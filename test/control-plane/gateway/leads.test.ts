import { describe, expect, test } from 'vitest'
import { connectPeer, openPeer, type PeerIdentity } from '../../support/agent-peer.ts'
import { type GatewayUnderTest, startGateway } from '../../support/gateway.ts'
import { until } from '../../support/until.ts'

async function welcomeOf(plane: GatewayUnderTest, identity: PeerIdentity) {
  const peer = await connectPeer(plane.url, identity)
  const { lead, epoch } = await peer.welcome()
  return { peer, said: { lead, epoch }, [Symbol.asyncDispose]: peer[Symbol.asyncDispose] }
}

/** Two replicas of one agent, the first of which has the lead. */
async function withTwo() {
  await using parts = new AsyncDisposableStack()
  const plane = parts.use(await startGateway())
  const [first, second] = [await plane.enrol(), await plane.enrol()]
  const one = parts.use(await welcomeOf(plane, first))
  const two = parts.use(await welcomeOf(plane, second))
  const all = parts.move()
  return { plane, first, second, one, two, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

const leadsOf = ({ gateway }: GatewayUnderTest) =>
  gateway.sessions().flatMap(({ lead, replica }) => (lead ? [replica] : []))

describe('the lead of an agent', () => {
  test('is with the replica that came first, and with no other', async () => {
    await using set = await withTwo()

    expect([set.one.said, set.two.said]).toEqual([
      { lead: true, epoch: 1 },
      { lead: false, epoch: 1 },
    ])
    expect(leadsOf(set.plane)).toEqual([set.first.replica])
  })

  test('stays with a replica that is back in time, in the same epoch', async () => {
    await using set = await withTwo()
    set.one.peer.cut()
    await until(() => set.plane.gateway.sessions().length === 1)
    await set.plane.clock.advance(9000)

    await using back = await welcomeOf(set.plane, set.first)
    await set.plane.clock.advance(9000)

    expect(back.said).toEqual({ lead: true, epoch: 1 })
    expect(set.two.peer.unread()).toEqual([])
  })

  test('goes to another when its replica stays away, and a late one is told so in its welcome', async () => {
    await using set = await withTwo()
    set.one.peer.cut()
    await until(() => set.plane.gateway.sessions().length === 1)
    for (const ms of [1000, 10_000]) await set.plane.clock.advance(ms)

    const given = await set.two.peer.lead()
    await using late = await welcomeOf(set.plane, set.first)

    expect(given).toMatchObject({ agent: 'acme', replica: set.second.replica, lead: true, epoch: 2 })
    expect(late.said).toEqual({ lead: false, epoch: 2 })
  })

  test('goes at once where its replica is revoked', async () => {
    await using set = await withTwo()
    await set.plane.store.replicas.revoke(set.first.replica, set.plane.clock.now())
    await set.plane.gateway.review()

    await set.plane.clock.advance(1000)

    expect(await set.two.peer.lead()).toMatchObject({ lead: true, epoch: 2 })
  })

  test('goes at once where its replica is stopping, and both are told', async () => {
    await using set = await withTwo()
    set.one.peer.send({ type: 'state', draining: true })
    await until(() => set.plane.gateway.sessions().some(({ draining }) => draining))

    await set.plane.clock.advance(1000)

    expect(await set.one.peer.lead()).toMatchObject({ replica: set.first.replica, lead: false, epoch: 2 })
    expect(await set.two.peer.lead()).toMatchObject({ replica: set.second.replica, lead: true, epoch: 2 })
    expect(leadsOf(set.plane)).toEqual([set.second.replica])
  })

  test('goes at once where its replica was stopping, and has left before anybody looked', async () => {
    await using set = await withTwo()
    set.one.peer.send({ type: 'state', draining: true })
    await until(() => set.plane.gateway.sessions().some(({ draining }) => draining))
    set.one.peer.close()
    await until(() => set.plane.gateway.sessions().length === 1)

    await set.plane.clock.advance(1000)

    expect(await set.two.peer.lead()).toMatchObject({ replica: set.second.replica, lead: true, epoch: 2 })
  })

  test('stays with the only replica while that is stopping', async () => {
    await using plane = await startGateway()
    await using one = await openPeer(plane.url, await plane.enrol())
    one.send({ type: 'state', draining: true })
    await until(() => plane.gateway.sessions()[0]?.draining === true)

    await plane.clock.advance(1000)

    expect(plane.gateway.sessions()).toMatchObject([{ lead: true }])
  })

  test('outlives a restart of the control plane', async () => {
    await using set = await withTwo()
    const { plane, first, second } = set
    await plane.gateway.close()

    await using after = await startGateway({ store: plane.store, clock: plane.clock })
    await using two = await welcomeOf(after, second)
    await using one = await welcomeOf(after, first)

    expect([two.said, one.said]).toEqual([
      { lead: false, epoch: 1 },
      { lead: true, epoch: 1 },
    ])
  })

  test('of another agent is another', async () => {
    await using set = await withTwo()

    await using other = await welcomeOf(set.plane, await set.plane.enrol('globex'))

    expect(other.said).toEqual({ lead: true, epoch: 1 })
  })
})
