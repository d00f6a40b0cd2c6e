// Knocks at a control plane: opens the WebSocket as the agent would, hears its `challenge`, and asks whether this replica
// would be let in, without going in. Nothing changes at either end: no session begins, and none is replaced.

import { type CloseReason, closeReason, type PlaneFrame, readPlaneFrame, SallyportError } from '@sallyport/protocol'
import type { Identity } from '../identity/identity.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Send } from '../runs/outbox.ts'
import { helloText } from '../session/hello.ts'
import { planeUrl } from '../session/plane-url.ts'
import type { OpenSocket, Socket } from '../session/socket.ts'

export type Challenge = Extract<PlaneFrame, { type: 'challenge' }>

export type Knocking = {
  readonly url: string
  readonly openSocket: OpenSocket
  /** What is sent passes the leak guard here. */
  readonly sendBy: (socket: Socket) => Send
  /** Undefined where nothing is asked for beyond the challenge. */
  readonly identity: Identity | undefined
  readonly version: string
  readonly clock: Pick<Clock, 'after'>
  readonly random: Random
}

/** How long the plane may take to answer a close. */
const answerMs = 500

/** And whether it lets this replica in: somebody waits, and what it said before is worth telling. */
const helloMs = 4000

export type Knocked = {
  readonly challenge: Challenge
  /** Why the plane did not let the replica in; `in` where it did all the same, undefined where it was not asked. */
  readonly answer: CloseReason | 'in' | 'silent' | number | undefined
}

/**
 * A version that nobody speaks: a plane looks whether it knows the replica, whether that was revoked and whether its agent is
 * disabled, and only then at the versions (the protocol's table of what it checks), so that `protocol_unsupported` means yes.
 */
const unspoken = { min: 1_000_000, max: 1_000_000 }

/** Rejects with `plane_unreachable`, `plane_answer_unexpected` or the reason of the signal. */
export async function knock(knocking: Knocking, signal: AbortSignal): Promise<Knocked> {
  const { url, openSocket, identity } = knocking
  const socket = await openSocket(planeUrl(url, '/v1/session'), signal)
  const cut = () => socket.destroy()
  signal.addEventListener('abort', cut, { once: true })
  try {
    const heard = listenTo(socket, url)
    const ended = socket.ended.then(({ code }) => closeReason(code) ?? code)
    const challenge = await Promise.race([heard.challenge, ended])
    signal.throwIfAborted()
    if (typeof challenge !== 'object') throw unexpected(url, `it closed with ${challenge} before it said anything`)
    if (identity === undefined || identity.plane.id !== challenge.plane) return { challenge, answer: undefined }
    await knocking.sendBy(socket)(helloOf(identity, challenge, knocking))
    const answer = await Promise.race([heard.welcome, ended, silence(knocking.clock, ended)])
    signal.throwIfAborted()
    return { challenge, answer }
  } finally {
    signal.removeEventListener('abort', cut)
    socket.receive(() => {})
    socket.close(1000, 'bye')
    void socket.ended.then(knocking.clock.after(answerMs, cut))
  }
}

function silence(clock: Knocking['clock'], ended: Promise<unknown>): Promise<'silent'> {
  const { promise, resolve } = Promise.withResolvers<'silent'>()
  void ended.then(clock.after(helloMs, () => resolve('silent')))
  return promise
}

function helloOf(identity: Identity, challenge: Challenge, { version, random }: Knocking): string {
  const drawn = () => random.bytes(32).toString('base64url')
  const said = { instance: drawn(), version, jobs: [], policy: null, ledger: null, connections: [], held: [] }
  // A counter of at least one; it is not looked at.
  const counter = Math.max(1, identity.counter)
  return helloText({ identity: { ...identity, counter }, challenge, nonce: drawn(), protocol: unspoken, said })
}

function listenTo(socket: Socket, url: string) {
  const { promise: challenge, resolve: challenged, reject } = Promise.withResolvers<Challenge>()
  const { promise: welcome, resolve: welcomed } = Promise.withResolvers<'in'>()
  socket.receive((text, byteCount) => {
    const reading = readPlaneFrame(text, byteCount)
    if (reading.kind === 'refused') return reject(unexpected(url, reading.why))
    if (reading.kind !== 'frame') return
    if (reading.frame.type === 'challenge') challenged(reading.frame)
    if (reading.frame.type === 'welcome') welcomed('in')
  })
  return { challenge, welcome }
}

function unexpected(url: string, why: string): SallyportError {
  return new SallyportError('plane_answer_unexpected', `open a session at ${url}: ${why}. Check the URL.`)
}
