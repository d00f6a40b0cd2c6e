// Notices a peer that went away without a word. It is alive while bytes move in either direction, so a slow link that is
// busy with one page is not taken for a dead one; only a silent peer is asked.

import { times } from '@sallyport/protocol'
import type { Clock } from '../ports/clock.ts'
import type { Socket } from './socket.ts'

/** Of a masked ping frame without payload (RFC 6455, 5.2). Over TLS they leave a turn after `ping` returned. */
const pingBytes = 6

/** How often the bytes are looked at: a silence is noticed so much later, at most. */
const lookMs = 5000

/** Resolves `true` when the peer is silent, `false` when the signal was aborted first. */
export async function watchSilence(
  socket: Pick<Socket, 'moved' | 'ping'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  /** Nothing but `ownBytes`, which say nothing of the peer, moves within `ms`. */
  const silent = async (ms: number, before: number, ownBytes: number): Promise<boolean> => {
    for (let waitedMs = 0; waitedMs < ms; waitedMs += lookMs) {
      await clock.sleep(lookMs, signal)
      if (socket.moved() - before > ownBytes) return false
    }
    return true
  }
  try {
    while (true) {
      if (!(await silent(times.silenceMs, socket.moved(), 0))) continue
      const before = socket.moved()
      socket.ping()
      if (await silent(times.pongMs, before, pingBytes)) return true
    }
  } catch {
    return false
  }
}
