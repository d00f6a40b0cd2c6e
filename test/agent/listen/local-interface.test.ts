import { mkdtempDisposable } from 'node:fs/promises'
import { request } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import type { LocalService } from '../../../agent/listen/answer.ts'
import { askAgent } from '../../../agent/listen/ask.ts'
import { openLocalInterface } from '../../../agent/listen/local-interface.ts'
import { type AgentFacts, statusOf } from '../../../agent/status/status.ts'
import { createLeakGuard } from '../../../agent/vault/leak-guard.ts'
import { Secret } from '../../../agent/vault/secret.ts'
import { startListener } from '../../support/listener.ts'

const startedAt = '2026-03-04T05:06:07.000Z'
const facts: AgentFacts = {
  ...{ version: '1.2.3', agent: 'acme', replica: 're_1', instance: 'i_1', startedAt, isDraining: false },
  session: { state: 'open', plane: 'https://plane.example', id: 'se_1', since: startedAt, lead: true, epoch: 1 },
  policy: { digest: null, jobs: [], isPanic: false, flaw: null },
  connections: [
    {
      ...{ name: 'main', state: 'ready', expiresAt: '2026-03-10T00:00:00.000Z', endsWithinDays: 7 },
      writer: { state: 'unproven', expiresAt: '2026-03-05T00:00:00.000Z', endsWithinDays: 1 },
    },
  ],
  journal: { name: 'ok', message: 'the journal is written' },
  ledger: { name: 'ok', message: 'the ledger is written', head: null },
  runs: { held: 0, done: 1, failed: 0, refused: 0, rows: 2 },
  calls: [],
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function openDoors(change: Partial<AgentFacts> = {}, port?: number) {
  await using stack = new AsyncDisposableStack()
  const directory = stack.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-local-')))
  const socketPath = join(directory.path, 'sallyport.sock')
  const listen = { metrics: { host: '127.0.0.1', port: port ?? (await freePort()) } }
  const service: LocalService = {
    status: () => statusOf({ ...facts, ...change }),
    runs: () => [],
    drain: () => {},
    trial: () => true,
  }
  const logged: unknown[] = []
  const write = (event: string, fields?: object) => void logged.push({ event, ...fields })
  const log = { debug: write, info: write, warn: write, error: write }
  const guard = createLeakGuard()
  stack.use(await openLocalInterface({ service, socketPath, listen, guard, log }))
  const metrics = async (headers: Readonly<Record<string, string>> = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; body: string }>()
    const asked = request({ ...listen.metrics, path: '/metrics', headers }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject)
    })
    asked.on('error', reject)
    asked.end()
    return await promise
  }
  const all = stack.move()
  return {
    socketPath,
    metrics,
    port: listen.metrics.port,
    guard,
    logged,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

test('metrics and status say when each credential ends, and which warning is due', async () => {
  await using doors = await openDoors()

  const { body } = await doors.metrics()
  const status = await askAgent(doors.socketPath, 'GET', '/status')

  expect(body).toContain(`sallyport_credential_expires_seconds{connection="main"} ${Date.UTC(2026, 2, 10) / 1000}\n`)
  expect(body).toContain(
    `sallyport_credential_expires_seconds{connection="main.writer"} ${Date.UTC(2026, 2, 5) / 1000}\n`,
  )
  expect(status.body).toMatchObject({
    warnings: [
      'the credential of connection main ends within 7 days: set a new one',
      'the credential of connection main.writer ends within 1 days: set a new one',
    ],
  })
})

test('an answer that holds a secret is held back at each door, and the log says whose', async () => {
  const secret = 'jca_0123456789abcdefghijklmnopqrstuv'
  const leaking = { journal: { name: 'full', message: `write ${secret}: there is no room` } } as const
  await using doors = await openDoors({ ...leaking, version: secret })
  doors.guard.protect(new Secret(secret), 'main')

  const metrics = await doors.metrics()
  const asked = askAgent(doors.socketPath, 'GET', '/status')

  await expect(asked).rejects.toMatchObject({
    code: 'agent_unreachable',
    message: expect.stringContaining('it held its answer back, which had a secret in it'),
  })
  expect(metrics).toEqual({ status: 500, body: '' })
  expect(doors.logged).toMatchObject([
    { event: 'listen.leak_blocked', door: 'metrics', secret: 'main', encoding: 'raw' },
    { event: 'listen.leak_blocked', door: 'local', secret: 'main', encoding: 'raw' },
  ])
})

test.each([
  ['127.0.0.1:9', 200],
  ['127.8.9.1', 200],
  ['LOCALHOST:9', 200],
  ['[::1]:9', 200],
  ['evil.example.com', 421],
  ['127.0.0.1.evil.example.com', 421],
  ['localhost.evil.example.com:9', 421],
])('who calls a port of it %j is answered %i, as no page of a browser is to read it', async (host, status) => {
  await using doors = await openDoors()

  const answer = await doors.metrics({ host })

  expect(answer.status).toBe(status)
  expect(answer.body.includes('sallyport_')).toBe(status === 200)
})

test('works without a port that another program took before it, and says so', async () => {
  await using taken = await startListener()
  await using doors = await openDoors({}, taken.port)

  expect(await askAgent(doors.socketPath, 'GET', '/livez')).toMatchObject({ status: 200 })
  expect(doors.logged).toMatchObject([{ event: 'listen.failed', door: 'metrics', port: taken.port }])
})

test('answers one request of a connection, so that who reads nothing does not fill its memory or keep others out', async () => {
  await using doors = await openDoors()
  const asked = connect(doors.port, '127.0.0.1')
  asked.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(100))

  const said = await text(asked)

  expect(said.match(/^HTTP\/1\.1 200 OK\r$/gm)).toHaveLength(1)
})
