// One session as the plane peer sees it: what the agent said, word by word, and what a plane may say to it. Every frame that
// it sends has a member that nobody knows.

import { createHash } from 'node:crypto'
import type { HelloBody } from '@sallyport/protocol'
import type { WebSocket } from 'ws'
import type { SigningKey } from './plane-peer-keys.ts'

export type Said = { readonly type: string; readonly text: string; readonly [member: string]: unknown }

export type RunRequest = {
  readonly id?: string
  readonly job: string
  readonly connection?: string
  readonly params?: unknown
  readonly attempt?: number
  readonly ttlMs?: number
  readonly doubtful?: boolean
  readonly approval?: string
}

/** Over what an honest plane would sign. */
export type BatchLevers = {
  readonly key?: SigningKey
  readonly payload?: Readonly<Record<string, unknown>>
}

/** A whole output: what an API user would have in hands. */
export type Collected = { readonly pages: readonly Said[]; readonly answer: Said; readonly rows: readonly unknown[] }

export type PlaneSession = {
  readonly body: HelloBody
  /** Everything that came, in order. */
  readonly said: readonly Said[]
  /** The next one of this type that nobody has asked for; rejects where the socket closes first. */
  next(type: string): Promise<Said>
  /** What came of this type and was not asked for. */
  unread(type: string): readonly Said[]
  send(frame: Readonly<Record<string, unknown>>): void
  sendText(text: string | Buffer): void
  /** A fragment of a message, which the last one ends. */
  sendPart(text: string, isLast: boolean): void
  /** Pings, and whatever else `ws` has no other way to say. */
  readonly socket: WebSocket
  /** Signs a batch of these runs and sends it; the text of the JWS. */
  run(requests: readonly RunRequest[], levers?: BatchLevers): string
  /** Acknowledges the pages of a run, gives credit for them, and resolves with its answer, which is acknowledged too. */
  collect(id: string): Promise<Collected>
  /** The answer of a run, acknowledged. */
  answer(id: string): Promise<Said>
  close(code: number, reason?: string): void
  /** Cuts without a word. */
  cut(): void
  /** Takes no byte from the kernel any more and answers no ping. */
  freeze(): void
  /** Pings that the agent has sent. */
  readonly pings: { readonly count: number }
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
}

/** What was said before there was a session counts as read. */
export type Inbox = ReturnType<typeof openInbox>

export function openInbox(socket: WebSocket) {
  const said: Said[] = []
  const unread: Said[] = []
  const looking = new Set<() => void>()
  const look = () => {
    for (const one of [...looking]) one()
  }
  let isOver = false
  const { promise: closed, resolve: close } = Promise.withResolvers<{ code: number; reason: string }>()
  socket.on('error', () => {})
  socket.on('close', (code, reason) => {
    isOver = true
    look()
    close({ code, reason: String(reason) })
  })
  socket.on('message', (data) => {
    const text = String(data)
    const frame: Said = { ...JSON.parse(text), text }
    said.push(frame)
    unread.push(frame)
    look()
  })
  const find = (wanted: (frame: Said) => boolean, what: string): Promise<Said> => {
    const { promise, resolve, reject } = Promise.withResolvers<Said>()
    const one = () => {
      const place = unread.findIndex(wanted)
      const [frame] = place < 0 ? [] : unread.splice(place, 1)
      if (frame === undefined && !isOver) return
      looking.delete(one)
      if (frame === undefined) reject(new Error(`the socket closed before ${what} came`))
      else resolve(frame)
    }
    looking.add(one)
    one()
    return promise
  }
  return { said, unread, find, closed }
}

type Opening = {
  readonly socket: WebSocket
  readonly inbox: Inbox
  readonly body: HelloBody
  readonly plane: string
  readonly key: () => SigningKey
}

const answers: readonly string[] = ['done', 'failed', 'refused']

export function planeSession({ socket, inbox, body, plane, key }: Opening): PlaneSession {
  const pings = { count: 0 }
  socket.on('ping', () => {
    pings.count += 1
  })
  const send = (frame: Readonly<Record<string, unknown>>) => socket.send(JSON.stringify({ tide: 'high', ...frame }))
  let creditBytes = initialCredit

  const ack = ({ run, attempt }: Said, seq: unknown) => send({ type: 'ack', run, attempt, seq })
  const collect = async (id: string): Promise<Collected> => {
    const pages: Said[] = []
    let runBytes = initialCredit
    while (true) {
      const frame = await inbox.find(
        ({ type, run }) => run === id && (type === 'page' || answers.includes(type)),
        `more of ${id}`,
      )
      const byteCount = Buffer.byteLength(rowsOf(frame))
      creditBytes += byteCount
      runBytes += byteCount
      ack(frame, frame.type === 'page' ? frame.seq : 'final')
      send({ type: 'credit', bytes: creditBytes })
      if (frame.type !== 'page')
        return { pages, answer: frame, rows: [...pages, frame].flatMap(({ rows = [] }) => rows) }
      send({ type: 'credit', run: id, bytes: runBytes })
      pages.push(frame)
    }
  }

  return {
    body,
    said: inbox.said,
    next: (type) => inbox.find((frame) => frame.type === type, type),
    unread: (type) => inbox.unread.filter((frame) => frame.type === type),
    send,
    sendText: (text) => socket.send(text),
    sendPart: (text, isLast) => socket.send(text, { fin: isLast }),
    socket,
    run: (requests, { key: other, payload } = {}) => {
      const { agent, replica, nonce } = body
      const jws = (other ?? key()).sign('sallyport-batch', {
        ...{ plane, agent, replica, nonce, sentAfterMs: 0, runs: requests.map(batched), weather: 'mild' },
        ...payload,
      })
      send({ type: 'run', jws })
      return jws
    },
    collect,
    answer: async (id) => (await collect(id)).answer,
    close: (code, reason = '') => socket.close(code, reason),
    cut: () => socket.terminate(),
    freeze: () => socket.pause(),
    pings,
    closed: inbox.closed,
  }
}

export const initialCredit = 256 * 1024

/** The text of the run and what stands beside it in a batch. */
export function batched({
  id = 'run-00000001',
  attempt = 1,
  ttlMs = 300_000,
  doubtful,
  approval,
  ...rest
}: RunRequest) {
  const run = { id, connection: 'main', params: {}, requester: 'somebody', hue: 'green', ...rest }
  return { run: JSON.stringify(run), attempt, ttlMs, doubtful, approval, shape: 'round' }
}

/** Cut out by its end, as the document says where it stands. */
export function rowsOf({ text }: Said): string {
  const start = text.indexOf('"rows":')
  return start < 0 ? '' : text.slice(start + '"rows":'.length, -1)
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** Over the rows texts of pages and answer, as the document defines it. */
export function digestOf(frames: readonly Said[]): string {
  const texts = frames.map(rowsOf).filter((rows) => rows !== '')
  return texts.reduce((before, rows) => sha256(before + rows), '') || sha256('')
}
