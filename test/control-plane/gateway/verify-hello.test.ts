import { signedTypes } from '@sallyport/protocol'
import { compactVerify, importJWK } from 'jose'
import { expect, test } from 'vitest'
import { connectPeer, makePeerKey, peerNonce } from '../../support/agent-peer.ts'
import { startGateway } from '../../support/gateway.ts'

test('ends in a welcome, signed for this plane, agent, replica and nonce', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()

  await using peer = await connectPeer(plane.url, identity)
  const { jws } = await peer.next('welcome')

  const { keys } = JSON.parse(plane.signer.statement)
  const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: keys[0].x }, 'EdDSA')
  const { protectedHeader, payload } = await compactVerify(String(jws), key)
  expect(protectedHeader).toMatchObject({ typ: signedTypes.welcome, kid: plane.signer.kid })
  expect(JSON.parse(Buffer.from(payload).toString())).toMatchObject({
    plane: plane.signer.plane,
    agent: 'acme',
    replica: identity.replica,
    nonce: peerNonce,
    protocol: 1,
    held: [],
  })
  expect(plane.gateway.sessions()).toMatchObject([
    { agent: 'acme', version: '9.9.9-peer', jobs: ['groups.list', 'org.get'] },
  ])
  expect(await plane.store.replicas.get(identity.replica)).toMatchObject({ counter: 1, instance: 'instance-1' })
})

test('times out where no hello comes', async () => {
  await using plane = await startGateway()
  await using peer = await connectPeer(plane.url, await plane.enrol(), { hello: () => undefined })

  await plane.clock.advance(10_000)

  expect((await peer.closed).code).toBe(4408)
})

test.for([
  ['a text that is not JSON', 'no frame', 4400],
  ['a hello that does not fit', JSON.stringify({ type: 'hello', body: 1 }), 4401],
  ['a body that is not JSON', JSON.stringify({ type: 'hello', body: '{', proof: 'p'.repeat(86) }), 4401],
  ['another known frame', JSON.stringify({ type: 'goodbye' }), 4402],
  ['a proof of something else', undefined, 4403],
] as const)('refuses %s', async ([, text, code]) => {
  await using plane = await startGateway()

  await using peer = await connectPeer(plane.url, await plane.enrol(), {
    hello: (honest) => text ?? { ...honest, proof: 'A'.repeat(86) },
  })

  expect((await peer.closed).code).toBe(code)
  expect(plane.log.map(({ event }) => event)).toContain('session.refused')
})

test('refuses a proof that was made for another plane', async () => {
  await using other = await startGateway()
  await using plane = await startGateway()
  const identity = await plane.enrol()
  // A relay: the agent answers the challenge of the other plane, and this one gets the answer.
  const { promise: relayed, resolve: relay } = Promise.withResolvers<Readonly<Record<string, unknown>>>()
  await using victim = await connectPeer(other.url, identity, { hello: (honest) => void relay(honest) })
  const hello = await relayed

  await using peer = await connectPeer(plane.url, identity, { hello: () => hello })

  expect((await peer.closed).code).toBe(4403)
  victim.close()
})

test('refuses the key of another replica', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()

  await using peer = await connectPeer(plane.url, { ...identity, key: makePeerKey().key })

  expect(await peer.closed).toMatchObject({ code: 4403, reason: expect.stringContaining(identity.replica) })
})

test('refuses a replica that is not known, and one of another agent', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()

  await using unknown = await connectPeer(plane.url, { ...identity, replica: 'rp_nobody' })
  await using elsewhere = await connectPeer(plane.url, { ...identity, agent: 'globex' })

  expect((await unknown.closed).code).toBe(4404)
  expect((await elsewhere.closed).code).toBe(4404)
})

test('refuses a revoked replica and a disabled agent', async () => {
  await using plane = await startGateway()
  const [revoked, disabled] = [await plane.enrol('acme'), await plane.enrol('globex')]
  await plane.store.replicas.revoke(revoked.replica, plane.clock.now())
  await plane.store.agents.disable('globex', plane.clock.now())

  await using one = await connectPeer(plane.url, revoked)
  await using two = await connectPeer(plane.url, disabled)

  expect((await one.closed).code).toBe(4405)
  expect((await two.closed).code).toBe(4407)
})

test('refuses an agent that speaks no version of ours, and says which ones there are', async () => {
  await using plane = await startGateway()

  await using peer = await connectPeer(plane.url, await plane.enrol(), { protocol: { min: 2, max: 3 } })

  expect(await peer.closed).toMatchObject({ code: 4406, reason: expect.stringContaining('protocol 2 to 3') })
})

test('refuses another sub-protocol before any WebSocket', async () => {
  await using plane = await startGateway()

  const opening = connectPeer(plane.url, await plane.enrol(), { subProtocol: 'chat' })

  await expect(opening).rejects.toThrow('400')
})

test('ignores and counts what is too large or not known before the hello', async () => {
  await using plane = await startGateway()
  const sendFirst = Promise.withResolvers<Readonly<Record<string, unknown>>>()
  await using peer = await connectPeer(plane.url, await plane.enrol(), {
    hello: (honest) => {
      sendFirst.resolve(honest)
      return undefined
    },
  })

  peer.sendText(JSON.stringify({ type: 'hello', body: 'x'.repeat(1024 * 1024) }))
  peer.sendText(JSON.stringify({ type: 'weather' }))
  peer.send(await sendFirst.promise)
  await peer.welcome()

  expect(plane.gateway.ignored()).toMatchObject({ frameCount: 2 })
})
