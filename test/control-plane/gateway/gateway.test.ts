import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { rotateKey } from '../../../control-plane/keys/rotate-key.ts'
import { connectPeer, openPeer } from '../../support/agent-peer.ts'
import { startGateway } from '../../support/gateway.ts'
import { groupsList } from '../../support/submissions.ts'
import { until } from '../../support/until.ts'

describe('what an administrator does', () => {
  test('closes the session of a replica that was revoked, of an agent disabled or deleted', async () => {
    await using plane = await startGateway()
    const [a, b, c] = [await plane.enrol('a'), await plane.enrol('b'), await plane.enrol('c')]
    await using revoked = await openPeer(plane.url, a)
    await using disabled = await openPeer(plane.url, b)
    await using deleted = await openPeer(plane.url, c)

    await plane.store.replicas.revoke(a.replica, plane.clock.now())
    await plane.store.agents.disable('b', plane.clock.now())
    await plane.store.agents.remove('c')
    await plane.gateway.review()

    const codes = await Promise.all([revoked, disabled, deleted].map(async ({ closed }) => (await closed).code))
    expect(codes).toEqual([4405, 4407, 4404])
  })

  test('gives a read to another replica at once, where the one that had it was lost before it was revoked', async () => {
    await using plane = await startGateway()
    const [lost, other] = [await plane.enrol(), await plane.enrol()]
    await using first = await openPeer(plane.url, lost)
    const { run } = await plane.runs.submit(groupsList)
    await first.order()
    first.cut()
    await until(() => plane.gateway.sessions().length === 0)
    await using second = await openPeer(plane.url, other)

    await plane.store.replicas.revoke(lost.replica, plane.clock.now())
    await plane.gateway.review()

    expect(await second.order()).toMatchObject({ id: run.id, attempt: 2 })
  })

  test('is noticed within a second where another process did it', async () => {
    await using plane = await startGateway()
    const identity = await plane.enrol()
    await using peer = await openPeer(plane.url, identity)
    await plane.clock.advance(1000)
    let version = 1000
    plane.store.version = async () => (version += 1)

    await plane.store.replicas.revoke(identity.replica, plane.clock.now())
    await plane.clock.advance(1000)

    expect((await peer.closed).code).toBe(4405)
  })
})

test('stopping tells agents when to come back, and closes 1012', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())

  await plane.gateway.close()

  expect(await peer.next('leave')).toMatchObject({ reason: 'drain', backMs: 1000 })
  expect((await peer.closed).code).toBe(1012)
})

/** A session that is counted, and whose welcome waits for its signature. */
async function openUnsigned() {
  await using parts = new AsyncDisposableStack()
  const { promise: leave, resolve: sign } = Promise.withResolvers<void>()
  const plane = parts.use(
    await startGateway({
      sign:
        (honest) =>
        (...signed) =>
          leave.then(() => honest.sign(...signed)),
    }),
  )
  const identity = await plane.enrol()
  const peer = parts.use(await connectPeer(plane.url, identity))
  await until(async () => (await plane.store.replicas.get(identity.replica))?.counter === 1)
  const owned = parts.move()
  return { plane, peer, sign, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

test('stopping waits for a session that is being opened, and ends it', async () => {
  await using opening = await openUnsigned()
  const { plane, peer, sign } = opening
  const order: string[] = []

  const closed = plane.gateway.close().then(() => order.push('closed'))
  await peer.closed
  await plane.clock.advance(0)
  order.push('signed')
  sign()
  await closed

  expect(order).toEqual(['signed', 'closed'])
  expect(plane.gateway.sessions()).toEqual([])
  expect(plane.log.map(({ event }) => event)).not.toContain('session.failed')
})

test('stopping does not wait for ever for a signer that does not answer', async () => {
  await using opening = await openUnsigned()
  const { plane, peer, sign } = opening

  const closed = plane.gateway.close()
  await peer.closed
  await plane.clock.advance(2000)
  await plane.clock.advance(2000)
  await closed
  sign()

  expect((await peer.closed).code).toBe(1012)
})

test('a key statement that is new is told in every session, and at the end of the overlap the next one', async () => {
  await using plane = await startGateway()
  const { signer, keyPath, clock } = plane
  const identity = await plane.enrol()
  await using peer = await openPeer(plane.url, identity)
  await rotateKey({ path: keyPath, clock, overlapMs: 5000 })
  await signer.refresh?.()

  await clock.advance(1000)
  expect(await peer.next('keys')).toMatchObject({ jws: signer.announcement })
  await using other = await openPeer(plane.url, await plane.enrol())
  expect(await other.next('keys')).toMatchObject({ jws: signer.announcement })
  const former = signer.announcement
  await clock.advance(5000)

  expect(await peer.next('keys')).toMatchObject({ jws: signer.announcement })
  expect(signer.announcement).not.toBe(former)
  expect(peer.unread()).toEqual([])
})

test('leaves paths that are not its own to others', async () => {
  await using plane = await startGateway()
  const taken: boolean[] = []
  const server = createServer()
  server.on('upgrade', (req, socket, head) => {
    taken.push(plane.gateway.upgrade(req, socket, head))
    socket.destroy()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined

  const headers = { connection: 'Upgrade', upgrade: 'websocket' }
  const request = get({ port, host: '127.0.0.1', path: '/v1/sessions', headers })
  await once(request, 'error')
  server.close()

  expect(taken).toEqual([false])
})

test('who asks for another sub-protocol is told, and the socket is not kept open by a peer that never closes its side', async () => {
  await using plane = await startGateway()
  const socket = connect({ port: Number(new URL(plane.url).port), host: '127.0.0.1', allowHalfOpen: true })
  const head = 'GET /v1/session HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
  socket.write(`${head}Sec-WebSocket-Protocol: chat\r\n\r\n`)
  const text = String((await once(socket, 'data'))[0])
  socket.resume()
  await once(socket, 'end')

  // Only a socket that is wholly gone answers a byte with a reset.
  const gone = once(socket, 'close')
  await until(() => socket.destroyed || !socket.write('x'))
  await gone.catch(() => {})

  expect(text).toMatch(/^HTTP\/1\.1 400 .*sallyport\.v1/s)
})
