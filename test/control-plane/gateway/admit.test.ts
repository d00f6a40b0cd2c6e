import { expect, test } from 'vitest'
import { connectPeer, openPeer, type Peer } from '../../support/agent-peer.ts'
import { type GatewayUnderTest, startGateway } from '../../support/gateway.ts'
import { until } from '../../support/until.ts'

test('the same process replaces its own session', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  await using old = await openPeer(plane.url, identity)

  await using fresh = await openPeer(plane.url, identity)

  expect((await old.closed).code).toBe(4411)
  expect(plane.gateway.sessions()).toHaveLength(1)
  expect(fresh.unread()).toEqual([])
})

test('a cloned host is told so, and leaves the session and the counter of the living one alone', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  await using living = await openPeer(plane.url, identity)

  await using clone = await connectPeer(plane.url, { ...identity }, { instance: 'instance-2' })

  expect((await clone.closed).code).toBe(4409)
  expect(await plane.store.replicas.get(identity.replica)).toMatchObject({ counter: 1, instance: 'instance-1' })
  expect(plane.gateway.sessions()).toHaveLength(1)
  living.close()
})

test('a newcomer replaces an old session that is silent for five seconds', async () => {
  await using plane = await startGateway()
  await using knocking = await knock(plane)

  await plane.clock.advance(5000)

  await expectReplaced(plane, knocking.opening)
})

test('bytes of an old session that answers no ping are the last of a dead process, and do not keep a newcomer out', async () => {
  await using plane = await startGateway()
  await using knocking = await knock(plane)
  const { dead, opening } = knocking

  dead.send({ type: 'weather' })
  await until(() => plane.gateway.ignored().frameCount === 2)
  await plane.clock.advance(5000)

  await expectReplaced(plane, opening)
})

test('an old session that ends while it is asked lets the newcomer in at once', async () => {
  await using plane = await startGateway()
  await using knocking = await knock(plane)
  const { dead, opening } = knocking

  dead.send({ type: 'weather' })
  dead.cut()

  await expectReplaced(plane, opening)
})

test('a counter that went back is refused', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  await using first = await openPeer(plane.url, identity)
  first.close()
  await first.closed

  await using copy = await connectPeer(plane.url, { ...identity, counter: 0 })

  expect((await copy.closed).code).toBe(4410)
})

test('an agent that is disabled while its newcomer waits at the door does not stay', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  await using dead = await openPeer(plane.url, identity)
  dead.freeze()
  await using newcomer = await connectPeer(plane.url, identity, { instance: 'instance-2' })
  await plane.clock.asleep(5000)

  await plane.store.agents.disable('acme', plane.clock.now())
  await plane.gateway.review()
  await plane.clock.advance(5000)

  expect((await newcomer.closed).code).toBe(4407)
  expect(plane.gateway.sessions()).toEqual([])
})

/** A session of which no ping is answered, and another instance of its replica. */
async function knock(plane: GatewayUnderTest) {
  const identity = await plane.enrol()
  const dead = await openPeer(plane.url, identity)
  await until(() => plane.gateway.ignored().frameCount === 1)
  dead.freeze()
  const opening = openPeer(plane.url, identity, { instance: 'instance-2' })
  await plane.clock.asleep(5000)
  return { dead, opening, [Symbol.asyncDispose]: () => dead[Symbol.asyncDispose]() }
}

async function expectReplaced(plane: GatewayUnderTest, opening: Promise<Peer>): Promise<void> {
  await using fresh = await opening
  const [session, ...others] = plane.gateway.sessions()
  expect(others).toEqual([])
  expect(await plane.store.replicas.get(session?.replica ?? '')).toMatchObject({ instance: 'instance-2' })
  fresh.close()
}
