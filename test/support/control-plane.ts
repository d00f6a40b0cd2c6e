// A control plane on a real port, with a store in memory and time that stands still. It is the product's own: who tests an
// agent against it sees the real other end.

import { mkdtempDisposable } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { enrolmentAnswer } from '@sallyport/protocol'
import { type ControlPlane, createControlPlane } from '../../control-plane/control-plane.ts'
import { createFileSigner } from '../../control-plane/keys/file-signer.ts'
import type { Log, LogFields } from '../../control-plane/ports/log.ts'
import { systemRandom } from '../../control-plane/ports/random.ts'
import { openSqliteStore } from '../../control-plane/store/sqlite.ts'
import type { Store } from '../../control-plane/store/store.ts'
import { enrolmentBody, makePeerKey, openPeer, type Peer } from './agent-peer.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'

export type TestControlPlane = AsyncDisposable & {
  readonly url: string
  readonly store: Store
  readonly clock: FakeClock
  readonly plane: ControlPlane
  readonly events: readonly { readonly event: string; readonly fields: LogFields }[]
  /** A token with these scopes. */
  token(...scopes: string[]): Promise<string>
  /** An agent that is enrolled over HTTP and has its session. */
  connect(agent: string): Promise<Peer>
  /** One request by the token; the body as it came. */
  ask(request: Ask): Promise<Answer>
}

export type Ask = {
  readonly method?: string
  readonly path: string
  readonly token?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: unknown
}

export async function startControlPlane({ prefix = '' } = {}): Promise<TestControlPlane> {
  await using parts = new AsyncDisposableStack()
  const clock = createFakeClock()
  const store = parts.use(await openSqliteStore({ path: ':memory:' }))
  const directory = parts.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-plane-')))
  const signer = await createFileSigner({ path: join(directory.path, 'signing.key'), random: systemRandom })
  const { log, events } = createListeningLog()
  const plane = createControlPlane({ store, signer, clock, log, prefix })
  const server = createServer((req, res) => plane.handle(req, res) || res.writeHead(404).end('somebody else'))
  server.on('upgrade', (req, socket, head) => plane.upgrade(req, socket, head) || socket.destroy())
  const url = await new Promise<string>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(urlOf(server.address())))
  })
  parts.defer(async () => {
    const ended = new Promise((resolve) => server.close(resolve))
    const closed = plane.close()
    // Sockets that do not say goodbye are given up when their time is over.
    clock.advance(10_000)
    await closed
    server.closeAllConnections()
    await ended
  })
  let tokenCount = 0
  const owned = parts.move()
  return {
    url,
    store,
    clock,
    plane,
    events,
    async token(...scopes) {
      tokenCount += 1
      const token = { name: `token-${tokenCount}`, scopes, ttlMs: 60 * 60 * 1000 }
      return (await plane.administration.createToken('test', token)).text
    },
    connect: (agent) => connect(plane, `${url}${prefix}`, agent),
    ask: (request) => ask(`${url}${prefix}`, request),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function connect(plane: ControlPlane, url: string, agent: string): Promise<Peer> {
  const { text } = await plane.administration.createCode('test', agent)
  const { key, publicKey } = makePeerKey()
  const body = enrolmentBody(text, publicKey)
  const { replica } = enrolmentAnswer.parse((await ask(url, { method: 'POST', path: '/v1/enrolments', body })).json)
  return await openPeer(url, { agent, replica, key, counter: 0 })
}

async function ask(url: string, { method = 'GET', path, token, body, headers = {} }: Ask): Promise<Answer> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { ...authorization, ...type, ...headers },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await answer.text()
  const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true
  return { status: answer.status, headers: answer.headers, text, json: isJson ? JSON.parse(text) : undefined }
}

function urlOf(address: ReturnType<ReturnType<typeof createServer>['address']>): string {
  if (typeof address !== 'object' || address === null) throw new TypeError('the server has no port')
  return `http://127.0.0.1:${address.port}`
}

function createListeningLog() {
  const events: { readonly event: string; readonly fields: LogFields }[] = []
  const keep = (event: string, fields: LogFields = {}) => void events.push({ event, fields })
  const log: Log = { info: keep, warn: keep, error: keep }
  return { log, events }
}
