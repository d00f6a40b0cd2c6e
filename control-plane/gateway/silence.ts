// Notices a peer that went away without a word. It is alive while bytes move in either direction, so a slow link that is busy
// with one batch is not taken for a dead one; only a silent peer is asked.

import { times } from '@sallyport/protocol'
import type { Clock } from '../ports/clock.ts'
import type { Socket } from './socket.ts'

/** Resolves `true` when the peer is silent, `false` when the signal was aborted first. */
export async function watchSilence(
  socket: Pick<Socket, 'movedBytes' | 'waitingBytes' | 'ping' | 'nextByte'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    while (true) {
      const before = socket.movedBytes()
      await clock.sleep(times.silenceMs, signal)
      if (socket.movedBytes() !== before) continue
      // A ping goes behind what waits. Where nothing does, the ping itself is what leaves, and says nothing of the peer.
      const isBusy = socket.waitingBytes() > 0
      if (await answersPing(socket, clock.sleep(times.pongMs, signal))) continue
      if (!isBusy || socket.movedBytes() === before) return true
    }
  } catch {
    return false
  }
}

/** Resolves as soon as the peer is heard, or with `false` when the wait is over. Rejects as the wait does. */
export function answersPing(socket: Pick<Socket, 'ping' | 'nextByte'>, wait: Promise<void>): Promise<boolean> {
  socket.ping()
  return Promise.race([socket.nextByte().then(() => true), wait.then(() => false)])
}
