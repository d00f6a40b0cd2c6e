import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { type WebSocket, WebSocket as WebSocketClient, WebSocketServer } from 'ws'
import { startByteRelay } from './byte-relay.ts'
import { webSocketTexts } from './web-socket-texts.ts'

/** A WebSocket server behind a relay, a client in front of it, and the server's end of the connection. */
async function connectThroughRelay() {
  await using stack = new AsyncDisposableStack()
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  stack.defer(() => new Promise<void>((resolve) => server.close(() => resolve())))
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const relay = stack.use(await startByteRelay(`http://127.0.0.1:${port}`))
  const connected = once(server, 'connection') as Promise<[WebSocket]> // what `ws` documents
  const client = new WebSocketClient(relay.url.replace('http', 'ws'))
  const [far] = await connected
  if (client.readyState !== client.OPEN) await once(client, 'open')
  const owned = stack.move()
  return { relay, client, far, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Resolves when the server has everything that the client said before. */
async function settle(client: WebSocket): Promise<void> {
  const pong = once(client, 'pong')
  client.ping()
  await pong
}

test('reads masked messages of every length, so that what is in them can be searched', async () => {
  await using line = await connectThroughRelay()
  const texts = ['', 'short', 'x'.repeat(125), 'y'.repeat(126), 'ü'.repeat(20_000), 'z'.repeat(70_000)]

  for (const text of texts) line.client.send(text)
  await settle(line.client)

  const [bytes = Buffer.alloc(0)] = line.relay.sent.fromAgent
  expect(bytes.includes('short')).toBe(false)
  expect(webSocketTexts(bytes)).toEqual([...texts, ''])
  expect(line.relay.readable()).toContain('short')
})

test('joins fragments, and tells the control frames between them apart', async () => {
  await using line = await connectThroughRelay()

  line.client.send('half a ', { fin: false })
  line.client.ping('between')
  line.client.send('secret', { fin: true })
  await settle(line.client)

  expect(webSocketTexts(line.relay.sent.fromAgent[0] ?? Buffer.alloc(0))).toEqual(['between', 'half a secret', ''])
})

test('keeps what the far end sent as well, its close frame included', async () => {
  await using line = await connectThroughRelay()
  const closed = once(line.client, 'close')

  line.far.send('from the far end')
  line.far.close(4405, 'revoked')
  await closed

  const texts = webSocketTexts(line.relay.sent.fromPlane[0] ?? Buffer.alloc(0))
  expect(texts[0]).toBe('from the far end')
  expect(texts[1]).toContain('revoked')
})

test('reads as much as arrived of a message that was cut off', async () => {
  await using line = await connectThroughRelay()
  line.client.send('the beginning of something long')
  await settle(line.client)
  const bytes = line.relay.sent.fromAgent[0] ?? Buffer.alloc(0)

  // Six bytes are the ping of `settle`, which has no payload.
  const texts = webSocketTexts(bytes.subarray(0, bytes.length - 6 - 5))

  expect(texts).toEqual(['the beginning of something'])
})

test('takes plain HTTP for what it is', async () => {
  const server = createServer((_, response) => response.end('plain words')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await using relay = await startByteRelay(`http://127.0.0.1:${port}`)

  await (await fetch(relay.url, { method: 'POST', body: 'a body' })).text()
  server.closeAllConnections()
  server.close()

  expect(relay.readable()).toContain('a body')
  expect(relay.readable()).toContain('plain words')
  expect(relay.sent.fromAgent.flatMap(webSocketTexts)).toEqual([])
})

test('cuts every connection at a moment of the test', async () => {
  await using line = await connectThroughRelay()
  const ends = Promise.all([once(line.client, 'close'), once(line.far, 'close')])

  line.relay.cut()

  expect((await ends).map(([code]) => code)).toEqual([1006, 1006])
})

test('strands an agent, which hears nothing of it', async () => {
  await using line = await connectThroughRelay()
  const end = once(line.far, 'close')

  line.relay.strand()
  const [code] = await end
  line.client.send('to nobody')

  expect(code).toBe(1006)
  expect(line.client.readyState).toBe(line.client.OPEN)
})

test('carries so many bytes a second where it is throttled', async () => {
  await using line = await connectThroughRelay()
  line.relay.throttle(100_000)
  await using stack = new AsyncDisposableStack()
  const slow = new WebSocketClient(line.relay.url.replace('http', 'ws'))
  stack.defer(() => slow.terminate())
  await once(slow, 'open')

  const startedAt = performance.now()
  slow.send('x'.repeat(30_000))
  await settle(slow)

  expect(performance.now() - startedAt).toBeGreaterThan(290)
  expect(line.relay.sent.fromAgent.flatMap(webSocketTexts)).toContain('x'.repeat(30_000))
})
