// A control plane as an agent meets it: real HTTP and WebSocket on port 0, written from the protocol's document and not from
// our control plane. Honest by itself; a test sets a lever to make it otherwise.

import { createHash, createHmac, createPublicKey, randomBytes, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { helloBody, type KeyStatement } from '@sallyport/protocol'
import { type WebSocket, WebSocketServer } from 'ws'
import { makeSigningKey, type SigningKey, statementOf } from './plane-peer-keys.ts'
import {
  type Inbox,
  initialCredit,
  openInbox,
  type PlaneSession,
  planeSession,
  type Said,
} from './plane-peer-session.ts'

type Members = Readonly<Record<string, unknown>>

export type PlaneLevers = {
  /** Another answer to an enrolment than the honest one. */
  enrolment?: ((honest: Members, response: ServerResponse, request: Members) => void) | undefined
  /** In place of the upgrade. */
  upgrade?: ((socket: Duplex, request: IncomingMessage) => void) | undefined
  /** Another first frame, or undefined for none. */
  challenge?: ((honest: Members) => Members | string | undefined) | undefined
  /** Another payload of the welcome, or a whole frame as text, or undefined for none. */
  welcome?: ((honest: Members, session: { close(code: number): void }) => Members | string | undefined) | undefined
  /** Signs the welcome in place of the plane's own key. */
  welcomeKey?: SigningKey | undefined
}

export type PlanePeer = AsyncDisposable & {
  readonly url: string
  readonly id: string
  readonly key: SigningKey
  /** What it signs with from now on. */
  signWith(key: SigningKey): void
  readonly statement: KeyStatement
  readonly levers: PlaneLevers
  /** Enrolment requests as they came, and how many sockets asked for a session. */
  readonly enrolments: readonly Members[]
  readonly upgrades: { readonly count: number }
  /** A code, and the secret of which nothing may be sent. */
  makeCode(): { readonly text: string; readonly secret: string }
  /** The next session that opens. */
  session(): Promise<PlaneSession>
  /** How the next socket ended whose handshake the agent, or a lever, gave up. */
  refusal(): Promise<{ readonly code: number; readonly reason: string }>
  /** Public key of the replica that may open sessions. */
  admit(publicKey: string): void
}

/** The plane of before, at the same address: `await startPlanePeer(before)`. */
export async function startPlanePeer(before: Partial<Pick<PlanePeer, 'url' | 'key' | 'id'>> = {}): Promise<PlanePeer> {
  const { id = 'plane-1', key = makeSigningKey() } = before
  const state: State = {
    id,
    signer: key,
    statement: statementOf(id, 1, key),
    levers: {},
    codes: new Map(),
    enrolments: [],
    upgrades: { count: 0 },
    replicaKey: undefined,
    sessions: createQueue<PlaneSession>(),
    refusals: createQueue<{ code: number; reason: string }>(),
  }
  const server = createServer((request, response) => void enrol(state, request, response))
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 64 * 1024 * 1024 })
  const raw = new Set<Duplex>()
  server.on('upgrade', (request, socket, head) => {
    raw.add(socket)
    state.upgrades.count += 1
    socket.on('error', () => {})
    if (state.levers.upgrade !== undefined) return state.levers.upgrade(socket, request)
    sockets.handleUpgrade(request, socket, head, (webSocket) => void greet(state, webSocket))
  })
  server.listen(before.url === undefined ? 0 : Number(new URL(before.url).port), '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0

  return {
    url: `http://127.0.0.1:${port}`,
    id,
    key,
    signWith: (next) => {
      state.signer = next
    },
    statement: state.statement,
    levers: state.levers,
    enrolments: state.enrolments,
    upgrades: state.upgrades,
    makeCode: () => {
      const secret = randomBytes(32).toString('base64url')
      const codeId = randomBytes(12).toString('base64url')
      state.codes.set(codeId, secret)
      return { text: `spc1.${codeId}.${secret}.${key.kid}`, secret }
    },
    session: state.sessions.take,
    refusal: state.refusals.take,
    admit: (publicKey) => {
      state.replicaKey = publicKey
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of raw) socket.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

type State = {
  readonly id: string
  signer: SigningKey
  readonly statement: KeyStatement
  readonly levers: PlaneLevers
  readonly codes: Map<string, string>
  readonly enrolments: Members[]
  readonly upgrades: { count: number }
  replicaKey: string | undefined
  readonly sessions: Queue<PlaneSession>
  readonly refusals: Queue<{ code: number; reason: string }>
}

async function enrol(state: State, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = (await incoming.toArray()).join('')
  const request: Record<string, string> = JSON.parse(body)
  state.enrolments.push(request)
  const secret = Buffer.from(state.codes.get(request.code ?? '') ?? '', 'base64url')
  const given = {
    ...{ plane: state.id, agent: 'acme', replica: 'replica-1', nonce: 'p'.repeat(43) },
    keys: JSON.stringify(state.statement),
  }
  const [first] = state.statement.keys
  const lines = [
    ...['sallyport enrolment v1 plane', request.code, request.nonce, request.publicKey, first?.kid],
    ...[given.nonce, given.plane, given.agent, given.replica, given.keys],
  ]
  const honest = { ...given, proof: createHmac('sha256', secret).update(lines.join('\n')).digest('base64url') }
  if (state.levers.enrolment !== undefined) return state.levers.enrolment(honest, response, request)
  state.replicaKey = request.publicKey
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ mood: 'good', ...honest }))
}

async function greet(state: State, socket: WebSocket): Promise<void> {
  const inbox = openInbox(socket)
  const send = (frame: Members | string | undefined) => {
    if (frame !== undefined) socket.send(typeof frame === 'string' ? frame : JSON.stringify({ tide: 'low', ...frame }))
  }
  const challenge = {
    ...{ type: 'challenge', plane: state.id, nonce: randomBytes(32).toString('base64url'), time: 0 },
    protocol: { min: 1, max: 1 },
  }
  send({ type: 'gossip', about: 'a frame that no agent knows' })
  send(state.levers.challenge === undefined ? challenge : state.levers.challenge(challenge))
  try {
    const hello = await inbox.find(({ type }) => type === 'hello', 'hello')
    const session = welcome(state, { socket, inbox, challenge, hello, send })
    if (session !== undefined) return state.sessions.put(session)
  } catch {
    // The agent closed before it said hello: that is what `refusal` tells.
  }
  state.refusals.put(await inbox.closed)
}

type Greeting = {
  readonly socket: WebSocket
  readonly inbox: Inbox
  readonly challenge: Members
  readonly hello: Said
  readonly send: (frame: Members | string | undefined) => void
}

/** Undefined where a lever has spoilt it, so that no session will come of it. */
function welcome(state: State, { socket, inbox, challenge, hello, send }: Greeting): PlaneSession | undefined {
  const text = String(hello.body)
  const body = helloBody.parse(JSON.parse(text))
  if (!isProven(state, challenge, hello)) throw new Error('plane peer: the proof of the session is wrong')
  const payload = {
    ...{ plane: state.id, agent: body.agent, replica: body.replica, nonce: body.nonce, session: 'session-1' },
    ...{
      protocol: 1,
      lead: false,
      epoch: 0,
      limits: { sessionCreditBytes: initialCredit, runCreditBytes: initialCredit },
    },
    held: body.held.map(({ run, attempt }) => ({ run, attempt, keep: true, next: 0 })),
  }
  const { welcome: lever, welcomeKey } = state.levers
  const chosen = lever === undefined ? payload : lever(payload, { close: (code) => socket.close(code) })
  const isFrame = typeof chosen === 'string' || chosen === undefined
  const session = planeSession({ socket, inbox, body, plane: state.id, key: () => state.signer })
  const signed = (what: Members) => ({
    type: 'welcome',
    jws: (welcomeKey ?? state.signer).sign('sallyport-welcome', { luck: 'good', ...what }),
  })
  send(isFrame ? chosen : signed(chosen))
  return isFrame || welcomeKey !== undefined || isSpoilt(chosen, payload) ? undefined : session
}

function isSpoilt(chosen: Members, honest: Members): boolean {
  return ['plane', 'agent', 'replica', 'nonce', 'protocol'].some((member) => chosen[member] !== honest[member])
}

function isProven({ id, replicaKey }: State, challenge: Members, hello: Said): boolean {
  const text = String(hello.body)
  const body = helloBody.parse(JSON.parse(text))
  const lines = [
    ...['sallyport session v1', id, challenge.nonce, '1-1', body.nonce, `${body.protocol.min}-${body.protocol.max}`],
    createHash('sha256').update(text).digest('hex'),
  ]
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: replicaKey ?? '' }, format: 'jwk' })
  return verify(null, Buffer.from(lines.join('\n')), key, Buffer.from(String(hello.proof), 'base64url'))
}

type Queue<Item> = { put(item: Item): void; take(): Promise<Item> }

function createQueue<Item>(): Queue<Item> {
  const items: Item[] = []
  const takers: ((item: Item) => void)[] = []
  return {
    put: (item) => {
      const taker = takers.shift()
      if (taker === undefined) items.push(item)
      else taker(item)
    },
    take: async () => {
      const [item] = items.splice(0, 1)
      return item ?? (await new Promise<Item>((resolve) => takers.push(resolve)))
    },
  }
}
