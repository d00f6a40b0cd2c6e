import { once } from 'node:events'
import { mkdir, mkdtempDisposable, readFile, stat, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readConfiguration } from '../../control-plane/configuration.ts'
import { silentLog } from '../../control-plane/ports/log.ts'
import { systemRandom } from '../../control-plane/ports/random.ts'
import { startServer } from '../../control-plane/server.ts'
import { createFakeClock } from '../support/fake-clock.ts'

async function setUp() {
  const directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-server-'))
  const state = join(directory.path, 'state')
  const clock = createFakeClock()
  const start = (more = '') => {
    const configuration = readConfiguration(`listen: { port: 0 }\nstate: ${state}\n${more}`, 'c.yaml')
    return startServer(configuration, { clock, random: systemRandom, log: silentLog })
  }
  return { path: directory.path, state, clock, start, [Symbol.asyncDispose]: directory[Symbol.asyncDispose] }
}

test('makes its state directory for its owner alone, serves, and comes back with the same key', async () => {
  await using world = await setUp()
  const planeOf = async () => {
    await using server = await world.start()
    const answer = await fetch(`${server.url}/readyz`)
    expect(answer.status).toBe(200)
    const { plane } = JSON.parse(await readFile(join(world.state, 'signing.key'), 'utf8'))
    return plane
  }

  const first = await planeOf()

  expect((await stat(world.state)).mode & 0o777).toBe(0o700)
  expect(await planeOf()).toBe(first)
})

test('an address that is not its own is told as JSON', async () => {
  await using world = await setUp()
  await using server = await world.start()

  const answer = await fetch(`${server.url}/favicon.ico`)

  expect(answer.status).toBe(404)
  expect(await answer.json()).toMatchObject({ error: { code: 'route_unknown' } })
})

test('stops although callers keep their sockets open, and can be stopped twice', async () => {
  await using world = await setUp()
  const server = await world.start()
  const call = get(`${server.url}/healthz`, { headers: { connection: 'keep-alive' } })
  call.on('error', () => {})
  await new Promise((resolve) => call.on('response', (answer) => answer.resume().on('end', resolve)))

  await server[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()

  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
})

test.for([
  ['asked for a sub-protocol that there is not', 'Sec-WebSocket-Protocol: chat'],
  ['asked for a session and says nothing more', 'Sec-WebSocket-Protocol: sallyport.v1'],
] as const)('stops although a peer that %s never closes its side', async ([, header]) => {
  await using world = await setUp()
  const server = await world.start()
  const socket = connect({ port: Number(new URL(server.url).port), host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  const key = `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'x'.repeat(22)}==`
  socket.write(
    `GET /v1/session HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n${header}\r\n\r\n`,
  )
  await once(socket, 'data')

  const stopped = server[Symbol.asyncDispose]()
  await world.clock.advance(2000)
  await stopped

  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
  socket.destroy()
})

test('answers a client that offers HTTP/2 in passing', async () => {
  await using world = await setUp()
  await using server = await world.start()
  const headers = {
    connection: 'Upgrade, HTTP2-Settings',
    upgrade: 'h2c',
    'http2-settings': 'AAMAAABkAARAAAAAAAIAAAAA',
  }

  const [answer] = await once(get(`${server.url}/healthz`, { headers }), 'response')

  expect(answer.statusCode).toBe(200)
  answer.resume()
})

test('is alone on its state directory', async () => {
  await using world = await setUp()
  await using _ = await world.start()

  await expect(world.start()).rejects.toMatchObject({
    code: 'configuration_invalid',
    message: expect.stringContaining('another control plane runs on this state directory'),
  })
})

test('says what is wrong with an address that is taken, a TLS file and a state directory', async () => {
  await using world = await setUp()
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const address = taken.address()
  const port = typeof address === 'object' ? address?.port : 0
  await writeFile(join(world.path, 'file'), '')
  await mkdir(join(world.path, 'foreign'))
  await writeFile(
    join(world.path, 'foreign/store.db'),
    'no database, and longer than the head of one would be '.repeat(4),
  )
  const start = (text: string) =>
    startServer(readConfiguration(text, 'c.yaml'), { clock: createFakeClock(), random: systemRandom, log: silentLog })

  const refusals: unknown[] = []
  // One after the other: two at once on one state directory would be told that instead.
  for (const text of [
    `listen: { port: ${port} }\nstate: ${world.state}`,
    `tls: { cert: /nowhere/cert.pem, key: /nowhere/key.pem }\nstate: ${world.state}`,
    `tls: { cert: ${world.path}/file, key: ${world.path}/file }\nstate: ${world.state}`,
    `listen: { port: 0 }\nstate: ${world.path}/file`,
    `listen: { port: 0 }\nstate: ${world.path}/foreign`,
  ]) {
    refusals.push(await start(text).catch((error: unknown) => error))
  }

  expect(refusals).toMatchObject([
    { code: 'configuration_invalid', message: expect.stringContaining('another program has the address') },
    { code: 'configuration_invalid', message: expect.stringContaining('TLS file /nowhere/cert.pem') },
    { code: 'configuration_invalid', message: expect.stringContaining('not a certificate chain') },
    { code: 'configuration_invalid', message: expect.stringContaining('state directory') },
    { code: 'configuration_invalid', message: expect.stringContaining('signing.key: it is gone') },
  ])
  await new Promise((resolve) => taken.close(resolve))
})
