// One handshake, from the open socket to `welcome`. It keeps nothing: what it learns is its result, what fails is a close reason.

import {
  type CloseReason,
  commonVersion,
  type HelloBody,
  type PlaneFrame,
  protocolVersions,
  readPlaneFrame,
  SallyportError,
  signedTypes,
  times,
  type WelcomePayload,
  welcomePayload,
} from '@sallyport/protocol'
import type { Identity } from '../identity/identity.ts'
import type { Clock } from '../ports/clock.ts'
import { type Instant, instantOf } from '../ports/instant.ts'
import type { Send } from '../runs/outbox.ts'
import { helloText } from './hello.ts'
import type { Ignored } from './ignored.ts'
import type { PinnedKeys } from './pinned-keys.ts'
import type { Socket } from './socket.ts'

/** What a session tells of itself besides who it is. */
export type Introduction = Pick<
  HelloBody,
  'version' | 'jobs' | 'policy' | 'ledger' | 'connections' | 'journal' | 'journalId' | 'held'
>

export type Handshake = {
  readonly socket: Socket
  readonly identity: Identity
  readonly keys: PinnedKeys
  readonly instance: string
  readonly nonce: string
  readonly introduce: () => Introduction
  readonly send: Send
  readonly clock: Clock
  readonly ignored: Ignored
  readonly signal: AbortSignal
}

/** Ended by us: the socket shall be closed with `reason`, and `why` is for the log. */
export class HandshakeRefusal extends Error {
  override readonly name = 'HandshakeRefusal'
  readonly reason: CloseReason

  constructor(reason: CloseReason, why: string) {
    super(why)
    this.reason = reason
  }
}

/** What a handshake came to, and when `challenge` was received, by both clocks. */
export type Opened = { readonly welcome: WelcomePayload; readonly challengedAt: Instant }

/** Undefined where the peer closed first: its close code says why. Rejects with `HandshakeRefusal`. */
export async function shakeHands(handshake: Handshake): Promise<Opened | undefined> {
  const { socket, clock, signal, send } = handshake
  const over = new AbortController()
  const frames = frameReader(handshake)
  const deadline = clock.sleep(times.handshakeMs, AbortSignal.any([over.signal, signal])).then(() => {
    throw new HandshakeRefusal('handshake_timeout', `no welcome within ${times.handshakeMs / 1000} s`)
  })
  const gone = socket.ended.then(() => undefined)
  try {
    const challenge = await Promise.race([frames('challenge'), deadline, gone])
    if (challenge === undefined) return undefined
    const challengedAt = instantOf(clock)
    const said = hello(handshake, challenge)
    // Together, because a peer that reads nothing would hold the sending for ever.
    const answered = Promise.all([frames('welcome'), send(said)])
    const [welcome] = (await Promise.race([answered, deadline, gone])) ?? []
    if (welcome === undefined) return undefined
    const version = commonVersion(challenge.protocol, protocolVersions)
    return { welcome: checkWelcome(handshake, welcome.jws, version), challengedAt }
  } finally {
    over.abort()
    deadline.catch(() => {})
  }
}

/** Reads the frames of a handshake one by one; anything but the expected one ends it. */
function frameReader({ socket, ignored }: Handshake) {
  const arrived: (PlaneFrame | HandshakeRefusal)[] = []
  let wake = () => {}
  socket.receive((text, byteCount) => {
    const reading = readPlaneFrame(text, byteCount)
    if (reading.kind === 'ignored') return ignored.frame(reading.type)
    // Refused alone, and there is no run yet that it could belong to.
    if (reading.kind === 'oversized') return ignored.oversized()
    if (reading.kind === 'frame') ignored.members(reading.frame.type, reading.unknownCount)
    // What follows `welcome` at once belongs to the session, which is not there yet.
    if (reading.kind === 'frame' && reading.frame.type === 'welcome') socket.receive(undefined)
    arrived.push(reading.kind === 'frame' ? reading.frame : new HandshakeRefusal(reading.close, reading.why))
    wake()
  })
  return async <Type extends 'challenge' | 'welcome'>(type: Type): Promise<Extract<PlaneFrame, { type: Type }>> => {
    while (arrived.length === 0) await new Promise<void>((resolve) => (wake = resolve))
    const next = arrived.shift()
    if (next instanceof HandshakeRefusal) throw next
    if (next?.type !== type) throw new HandshakeRefusal('frame_unexpected', `expected ${type}, got ${next?.type}`)
    // Its type was compared on the line above.
    return next as Extract<PlaneFrame, { type: Type }>
  }
}

function hello(handshake: Handshake, challenge: Extract<PlaneFrame, { type: 'challenge' }>): string {
  const { identity, nonce, instance, introduce } = handshake
  if (challenge.plane !== identity.plane.id) {
    throw new HandshakeRefusal('plane_wrong', `enrolled at plane ${identity.plane.id}, but ${challenge.plane} answered`)
  }
  if (commonVersion(challenge.protocol, protocolVersions) === undefined) {
    const { min, max } = challenge.protocol
    throw new HandshakeRefusal(
      'protocol_unsupported',
      `the control plane speaks protocol ${min} to ${max}, this agent ${protocolVersions.min} to ${protocolVersions.max}: update the older one`,
    )
  }
  const said = { instance, ...introduce() }
  return helloText({ identity, challenge, nonce, protocol: protocolVersions, said })
}

/** An agent that was away while the key of its control plane was replaced looks like one that somebody stands before. */
const missedRotation =
  '. If that control plane had its key rotated while this agent was away, enrol again: sallyport enrol --plane URL --code -'

function checkWelcome({ identity, keys, nonce }: Handshake, jws: string, highest: number | undefined): WelcomePayload {
  const refuse = (why: string) => new HandshakeRefusal('plane_proof_wrong', why)
  let opened: unknown
  try {
    opened = keys.open(jws, signedTypes.welcome)
  } catch (error) {
    const isUnknown = error instanceof SallyportError && error.code === 'batch_key_unknown'
    const mend = isUnknown ? missedRotation : ''
    throw refuse(error instanceof Error ? `${error.message}${mend}` : 'it cannot be opened')
  }
  const payload = welcomePayload.safeParse(opened).data
  if (payload === undefined) throw refuse('its payload does not fit')
  const mine =
    payload.plane === identity.plane.id &&
    payload.agent === identity.agent &&
    payload.replica === identity.replica &&
    payload.nonce === nonce
  if (!mine) throw refuse('it was made for another plane, agent, replica or session')
  if (payload.protocol !== highest) throw refuse('it names another version than the highest that both speak')
  return payload
}
