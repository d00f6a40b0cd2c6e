// Notices a peer that went away without a word. It is alive while bytes move in either direction, so a slow link that is
// busy with one page is not taken for a dead one; only a silent peer is asked.

import { times } from '@sallyport/protocol'
import type { Clock } from '../ports/clock.ts'
import type { Socket } from './socket.ts'

/** How often the bytes are looked at: a silence is noticed so much later, at most. */
const lookMs = 5000

/** Resolves `true` when the peer is silent, `false` when the signal was aborted first. */
export async function watchSilence(
  socket: Pick<Socket, 'moved' | 'ping'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  const silent = async (ms: number): Promise<boolean> => {
    const before = socket.moved()
    for (let waitedMs = 0; waitedMs < ms; waitedMs += lookMs) {
      await clock.sleep(lookMs, signal)
      if (socket.moved() !== before) return false
    }
    return true
  }
  try {
    while (true) {
      if (!(await silent(times.silenceMs))) continue
      socket.ping()
      if (await silent(times.pongMs)) return true
    }
  } catch {
    return false
  }
}
