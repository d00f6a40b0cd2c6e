import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Socket as NetSocket } from 'node:net'
import { subProtocol } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { createSocketServer, type Socket } from '../../../control-plane/gateway/socket.ts'

/** Both ends of a socket, and what the operating system was given at the plane's. */
async function openSocket() {
  await using parts = new AsyncDisposableStack()
  const sockets = createSocketServer()
  const server = createServer()
  const { promise: opened, resolve: open } = Promise.withResolvers<{ socket: Socket; connection: NetSocket }>()
  server.on('upgrade', (req, duplex, head) => {
    sockets.accept(req, duplex, head, (socket) => open({ socket, connection: req.socket }))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  parts.defer(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const peer = new WebSocket(`ws://127.0.0.1:${Object(server.address()).port}`, [subProtocol])
  parts.defer(() => peer.terminate())
  const texts: string[] = []
  peer.on('message', (data) => texts.push(String(data)))
  const [{ socket, connection }] = await Promise.all([opened, once(peer, 'open')])
  const owned = parts.move()
  return { socket, connection, peer, texts, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

test('what is sent in answer to one event leaves in one piece, in its order', async () => {
  await using both = await openSocket()
  const pieces: number[] = []
  const writev = both.connection._writev?.bind(both.connection)
  both.connection._writev = (chunks, done) => {
    pieces.push(chunks.length)
    writev?.(chunks, done)
  }

  both.socket.send('first')
  await Promise.resolve()
  both.socket.send('second')
  const early = [...pieces]
  await once(both.peer, 'message')
  if (both.texts.length < 2) await once(both.peer, 'message')
  both.socket.send('third')
  await once(both.peer, 'message')

  expect(early).toEqual([])
  expect(pieces).toHaveLength(2)
  expect(both.texts).toEqual(['first', 'second', 'third'])
})

test('a ping is answered by its own pong alone', async () => {
  await using both = await openSocket()
  const answered: string[] = []
  both.peer.pause()

  const heard = both.socket.nextByte()
  const asked = both.socket.ping(Buffer.from('this one')).then(() => answered.push('this one'))
  both.peer.pong('an earlier one')
  await heard
  const early = [...answered]
  both.peer.resume()
  await asked

  expect(early).toEqual([])
})
