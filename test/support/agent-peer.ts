// An agent as the control plane sees it, written from the protocol's document and not from our agent. It sends members and
// frames that nobody knows, on purpose.

import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { once } from 'node:events'
import {
  batchPayload,
  type LeadPayload,
  leadPayload,
  type RunText,
  runText,
  sessionProofText,
  type WelcomePayload,
  welcomePayload,
} from '@sallyport/protocol'
import { WebSocket } from 'ws'

export type PeerIdentity = {
  readonly agent: string
  readonly replica: string
  readonly key: KeyObject
  counter: number
}

type Frame = Readonly<Record<string, unknown>>
export type Ordered = RunText & {
  readonly attempt: number
  readonly ttlMs: number
  readonly doubtful?: boolean | undefined
  readonly approval?: string | undefined
}

/** What a test may have otherwise than an honest agent would. */
export type PeerLevers = {
  readonly instance?: string
  readonly held?: readonly { readonly run: string; readonly attempt: number }[]
  readonly jobs?: readonly string[]
  readonly protocol?: { readonly min: number; readonly max: number }
  readonly subProtocol?: string
  /** Of its journal, where `body` says that it keeps one. */
  readonly journalId?: string
  /** Members of the hello's body, over what it would have. */
  readonly body?: Frame
  /** Another frame in place of `hello`; undefined for none. */
  readonly hello?: (honest: Frame, challenge: Frame) => Frame | string | undefined
}

export type Peer = AsyncDisposable & {
  /** The next frame of this type; others wait. Rejects where the socket closes first. */
  next(type: string): Promise<Frame>
  /** Frames that came and were not asked for. */
  unread(): readonly Frame[]
  welcome(): Promise<WelcomePayload>
  /** What the next `lead` says. */
  lead(): Promise<LeadPayload>
  /** The runs of the next batch. */
  batch(): Promise<readonly Ordered[]>
  /** The only run of the next batch. */
  order(): Promise<Ordered>
  /** With a member more than the protocol knows. */
  send(frame: Frame): void
  sendText(text: string): void
  /** A page; `done` of several of them is by `finish`. */
  page(order: Ordered, seq: number, rows: readonly unknown[]): void
  finish(order: Ordered, pages: readonly (readonly unknown[])[], extra?: Frame): void
  /** `done` of one page. */
  answer(order: Ordered, rows: readonly unknown[], extra?: Frame): void
  /** Resolves at the next ping of the plane, which is answered by itself. */
  pinged(): Promise<void>
  /** Stops reading: bytes are not taken from the kernel, and no ping is answered. */
  freeze(): void
  close(code?: number): void
  /** Cuts without a word. */
  cut(): void
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
}

export function makePeerKey(): { readonly key: KeyObject; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { key: privateKey, publicKey: String(publicKey.export({ format: 'jwk' }).x) }
}

type CodeParts = { readonly id: string; readonly secret: string; readonly fingerprint: string }

/** The body of `POST /v1/enrolments`. */
export function enrolmentBody(code: string, publicKey: string, nonce = 'n'.repeat(43)): Record<string, string> {
  const [, id = '', secret = '', fingerprint = ''] = code.split('.')
  const parts: CodeParts = { id, secret, fingerprint }
  return {
    code: parts.id,
    nonce,
    publicKey,
    version: '9.9.9-peer',
    knows: mac(parts, ['sallyport enrolment v1 knows', id, nonce]),
    proof: mac(parts, ['sallyport enrolment v1 agent', id, nonce, publicKey, fingerprint]),
  }
}

function mac({ secret }: CodeParts, lines: readonly string[]): string {
  return createHmac('sha256', Buffer.from(secret, 'base64url')).update(lines.join('\n')).digest('base64url')
}

export async function connectPeer(url: string, identity: PeerIdentity, levers: PeerLevers = {}): Promise<Peer> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/session`, [levers.subProtocol ?? 'sallyport.v1'], {
    perMessageDeflate: false,
  })
  const peer = wrap(socket)
  await once(socket, 'open')
  const challenge = await peer.next('challenge')
  const honest = makeHello(identity, challenge, levers)
  const hello = levers.hello === undefined ? honest : levers.hello(honest, challenge)
  if (typeof hello === 'string') peer.sendText(hello)
  else if (hello !== undefined) peer.send(hello)
  return peer
}

/** A session that is open. */
export async function openPeer(url: string, identity: PeerIdentity, levers: PeerLevers = {}): Promise<Peer> {
  const peer = await connectPeer(url, identity, levers)
  await peer.welcome()
  peer.sendText(JSON.stringify({ type: 'weather', sky: 'clear' }))
  return peer
}

export const peerNonce = 'a'.repeat(43)

function makeHello(identity: PeerIdentity, challenge: Frame, levers: PeerLevers): Frame {
  identity.counter += 1
  const protocol = levers.protocol ?? { min: 1, max: 1 }
  const body = JSON.stringify({
    moonPhase: 'waxing',
    agent: identity.agent,
    replica: identity.replica,
    instance: levers.instance ?? 'instance-1',
    counter: identity.counter,
    version: '9.9.9-peer',
    protocol,
    nonce: peerNonce,
    jobs: levers.jobs ?? ['groups.list', 'org.get'],
    policy: null,
    ledger: null,
    connections: [{ name: 'main', state: 'ready' }],
    held: levers.held ?? [],
    ...(levers.body?.journal === undefined ? {} : { journalId: levers.journalId ?? 'journal-1' }),
    ...levers.body,
  })
  const text = sessionProofText({
    plane: String(challenge.plane),
    planeNonce: String(challenge.nonce),
    planeProtocol: { min: 1, max: 1 },
    agentNonce: peerNonce,
    agentProtocol: protocol,
    helloSha256: createHash('sha256').update(body).digest('hex'),
  })
  return { type: 'hello', body, proof: sign(null, Buffer.from(text), identity.key).toString('base64url') }
}

function wrap(socket: WebSocket): Peer {
  const inbox = openInbox(socket)
  const sendText = (text: string) => socket.send(text)
  const send = (frame: Frame) => sendText(JSON.stringify({ tideLevel: 3, ...frame }))
  const batch = async () => {
    const { runs } = batchPayload.parse(payloadOf((await inbox.next('run')).jws))
    return runs.map(({ run, ...beside }) => ({ ...runText.parse(JSON.parse(run)), ...beside }))
  }
  return {
    next: inbox.next,
    unread: () => [...inbox.frames],
    welcome: async () => welcomePayload.parse(payloadOf((await inbox.next('welcome')).jws)),
    lead: async () => leadPayload.parse(payloadOf((await inbox.next('lead')).jws)),
    batch,
    order: async () => {
      const [order, ...others] = await batch()
      if (order === undefined || others.length > 0) throw new Error(`a batch of ${others.length + 1} runs came`)
      return order
    },
    send,
    sendText,
    page: ({ id, attempt }, seq, rows) => send({ type: 'page', run: id, attempt, seq, rows }),
    finish: (order, pages, extra = {}) => send({ ...doneOf(order, pages), ...extra }),
    answer: (order, rows, extra = {}) => send({ ...doneOf(order, [rows]), ...extra, rows }),
    pinged: async () => void (await once(socket, 'ping')),
    freeze: () => socket.pause(),
    close: (code = 1000) => socket.close(code),
    cut: () => socket.terminate(),
    closed: inbox.closed,
    [Symbol.asyncDispose]: async () => {
      socket.terminate()
      await inbox.closed
    },
  }
}

function doneOf({ id: run, attempt }: Ordered, pages: readonly (readonly unknown[])[]): Frame {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const sha256 = pages.reduce((before, rows) => hash(before + JSON.stringify(rows)), '') || hash('')
  return { type: 'done', run, attempt, pages: pages.length, rowCount: pages.flat().length, sha256 }
}

function openInbox(socket: WebSocket) {
  const frames: Frame[] = []
  const stirred = new Set<() => void>()
  const stir = () => {
    for (const look of [...stirred]) look()
  }
  let ended = false
  const { promise: closed, resolve: close } = Promise.withResolvers<{ code: number; reason: string }>()
  socket.on('close', (code, reason) => {
    ended = true
    stir()
    close({ code, reason: String(reason) })
  })
  socket.on('error', () => {})
  socket.on('message', (data) => {
    frames.push(JSON.parse(String(data)))
    stir()
  })
  const next = (type: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<Frame>()
    const look = () => {
      const place = frames.findIndex((frame) => frame.type === type)
      const [frame] = place < 0 ? [] : frames.splice(place, 1)
      if (frame === undefined && !ended) return
      stirred.delete(look)
      if (frame === undefined) reject(new Error(`the socket closed before ${type} came`))
      else resolve(frame)
    }
    stirred.add(look)
    look()
    return promise
  }
  return { frames, next, closed }
}

function payloadOf(jws: unknown): unknown {
  return JSON.parse(Buffer.from(String(jws).split('.')[1] ?? '', 'base64url').toString('utf8'))
}
