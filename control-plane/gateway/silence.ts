// Notices a peer that went away without a word. It is alive while bytes come from it; only a silent one is asked.

import { times } from '@sallyport/protocol'
import type { Clock } from '../ports/clock.ts'
import type { Socket } from './socket.ts'

/** Resolves `true` when the peer is silent, `false` when the signal was aborted first. */
export async function watchSilence(socket: Socket, clock: Clock, signal: AbortSignal): Promise<boolean> {
  try {
    while (true) {
      const before = socket.heardBytes()
      await clock.sleep(times.silenceMs, signal)
      if (socket.heardBytes() === before && !(await answersPing(socket, clock.sleep(times.pongMs, signal)))) return true
    }
  } catch {
    return false
  }
}

/** Resolves as soon as the peer is heard, or with `false` when the wait is over. Rejects as the wait does. */
export function answersPing(socket: Socket, wait: Promise<void>): Promise<boolean> {
  socket.ping()
  return Promise.race([socket.nextByte().then(() => true), wait.then(() => false)])
}
