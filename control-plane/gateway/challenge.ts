// The first half of a handshake: `challenge` goes out, and `hello` must come in time.

import { type AgentFrame, closeCodes, protocolVersions, readAgentFrame, times } from '@sallyport/protocol'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Ignored } from './ignored.ts'
import { SessionRefusal } from './session-refusal.ts'
import type { Socket } from './socket.ts'

export type Hello = Extract<AgentFrame, { type: 'hello' }>

/** `at`: when it went out, by the clock that only goes forward. */
export type Challenged = { readonly hello: Hello; readonly nonce: string; readonly at: number }

type ChallengeOptions = {
  readonly socket: Socket
  readonly plane: string
  readonly clock: Clock
  readonly random: Random
  readonly ignored: Ignored
}

/**
 * Undefined where the peer closed first. Throws `SessionRefusal`. From here until the session is open any frame is
 * unexpected, and ends the socket.
 */
export async function challenge(options: ChallengeOptions): Promise<Challenged | undefined> {
  const { socket, plane, clock, random } = options
  const nonce = random.bytes(32).toString('base64url')
  const over = new AbortController()
  const late = clock.sleep(times.handshakeMs, over.signal).then(() => {
    throw new SessionRefusal('handshake_timeout', `no hello came within ${times.handshakeMs / 1000} s`)
  })
  late.catch(() => {})
  try {
    const first = firstFrame(options)
    first.catch(() => {})
    const frame = { type: 'challenge', plane, nonce, time: clock.now(), protocol: protocolVersions }
    const at = clock.monotonic()
    socket.send(JSON.stringify(frame))
    const hello = await Promise.race([first, late, socket.ended.then(() => undefined)])
    return hello && { hello, nonce, at }
  } finally {
    over.abort()
  }
}

function firstFrame({ socket, ignored }: ChallengeOptions): Promise<Hello> {
  const { promise, resolve, reject } = Promise.withResolvers<Hello>()
  const refuse = (...why: ConstructorParameters<typeof SessionRefusal>) => reject(new SessionRefusal(...why))
  let isFirst = true
  socket.receive((text, byteCount) => {
    const reading = readAgentFrame(text, byteCount)
    if (reading.kind === 'ignored' || reading.kind === 'oversized') return ignored.frame()
    if (reading.kind === 'refused') return refuse(reading.close, reading.why)
    ignored.members(reading.unknownCount)
    const why = `${reading.frame.type} before the session was open`
    // After `hello` the promise is settled, and the next frame has to end the socket itself.
    if (!isFirst) return socket.close(closeCodes.frame_unexpected.code, why)
    isFirst = false
    if (reading.frame.type === 'hello') return resolve(reading.frame)
    refuse('frame_unexpected', why)
  })
  return promise
}
