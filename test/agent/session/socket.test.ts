import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { times } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { createConnector } from '../../../agent/egress/connector.ts'
import { createOpenSocket } from '../../../agent/session/socket.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { looseLeg } from '../../support/loose-leg.ts'
import { startPlanePeer } from '../../support/plane-peer.ts'
import { deadUrl } from '../../support/raw-server.ts'

const clock = createFakeClock()
const never = new AbortController().signal
const openAt = (url: string, signal = never) =>
  createOpenSocket({
    connector: createConnector({ clock: createFakeClock(), leg: looseLeg() }),
    userAgent: 'Sallyport/0',
    clock,
  })(new URL(`${url}/v1/session`), signal)

async function startRaw(answer: (socket: Duplex, key: string | undefined) => void) {
  const server = createServer((_request, response) => response.writeHead(200).end('<html>hello</html>'))
  const sockets = new Set<Duplex>()
  server.on('upgrade', ({ headers }, socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    answer(socket, headers['sec-websocket-key'])
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

test('says which address could not be reached, and what to check', async () => {
  const url = await deadUrl()

  await expect(openAt(url)).rejects.toMatchObject({
    code: 'plane_unreachable',
    message: expect.stringMatching(/connect to the control plane at 127\.0\.0\.1:\d+: .*ECONNREFUSED.*firewall/),
  })
})

test.each([
  { answer: 'HTML', head: 'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nhi' },
  { answer: 'a redirect', head: 'HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n' },
  { answer: 'a status of its own', head: 'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n' },
  { answer: 'what is no HTTP', head: 'SSH-2.0-OpenSSH_9.6\r\n' },
])('refuses $answer in place of the upgrade', async ({ head }) => {
  await using server = await startRaw((socket) => socket.end(head))

  await expect(openAt(server.url)).rejects.toMatchObject({
    code: 'plane_answer_unexpected',
    message: expect.stringContaining('does not speak sallyport.v1'),
  })
})

test('refuses a plane that does not choose the sub-protocol', async () => {
  await using server = await startRaw((socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'),
  )

  await expect(openAt(server.url)).rejects.toMatchObject({ code: 'plane_answer_unexpected' })
})

test('gives up what takes the connection and never answers', async () => {
  await using server = await startRaw(() => {})

  const opening = openAt(server.url)
  const refused = expect(opening).rejects.toMatchObject({
    code: 'plane_unreachable',
    message: expect.stringContaining('did not answer within 10 s'),
  })
  await clock.asleep(times.handshakeMs)
  await clock.advance(times.handshakeMs)
  await refused
})

test('stops opening when it is told to, before and during it', async () => {
  await using server = await startRaw(() => {})
  const stopping = new AbortController()
  const reason = new Error('stop')

  const opening = openAt(server.url, stopping.signal)
  await clock.asleep(times.handshakeMs)
  stopping.abort(reason)

  await expect(opening).rejects.toBe(reason)
  await expect(openAt(server.url, stopping.signal)).rejects.toBe(reason)
})

test('refuses an upgrade that does not prove that it is one', async () => {
  await using plane = await startPlanePeer()
  plane.levers.upgrade = (socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: no\r\n\r\n',
    )
  }

  await expect(openAt(plane.url)).rejects.toMatchObject({ code: 'plane_answer_unexpected' })
})

test('is not led astray by a port that speaks first', async () => {
  const server = createTcpServer((socket) =>
    socket
      .on('error', () => {})
      .resume()
      .end('220 mail.example ESMTP\r\n'),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0

  await expect(openAt(`http://127.0.0.1:${port}`)).rejects.toMatchObject({ code: 'plane_answer_unexpected' })
  server.close()
  await once(server, 'close')
})

test('cuts off a peer that takes nothing of what it is sent, before that fills the memory', async () => {
  await using server = await startRaw((socket, key) => {
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
    const head = ['HTTP/1.1 101 Switching Protocols', 'upgrade: websocket', 'connection: upgrade']
    const proof = [`sec-websocket-accept: ${accept}`, 'sec-websocket-protocol: sallyport.v1', '', '']
    socket.write([...head, ...proof].join('\r\n'))
  })
  const socket = await openAt(server.url)

  // The kernel takes some of it.
  for (let count = 0; count < 32; count += 1) void socket.send('x'.repeat(1024 * 1024))

  expect((await socket.ended).reason).toContain('takes nothing')
})
