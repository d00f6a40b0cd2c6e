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
      if (await breaksSilence(socket, clock.sleep(times.pongMs, signal))) continue
      if (!isBusy || socket.movedBytes() === before) return true
    }
  } catch {
    return false
  }
}

/** Resolves as soon as a byte comes, or with `false` when the wait is over. Rejects as the wait does. */
function breaksSilence(socket: Pick<Socket, 'ping' | 'nextByte'>, wait: Promise<void>): Promise<boolean> {
  void socket.ping()
  return Promise.race([socket.nextByte().then(() => true), wait.then(() => false)])
}

export type Ping = {
  /** One that no ping had before. */
  readonly payload: Buffer
  readonly wait: Promise<void>
}

/**
 * Whether there is a living process at the far end, now. Of one that is gone, bytes may still be under way, and so may the end of
 * its socket: only the pong to this very ping is a yes, and the end is a no before the wait is over. Rejects as the wait does.
 */
export function answersPing(socket: Pick<Socket, 'ping' | 'ended'>, { payload, wait }: Ping): Promise<boolean> {
  const answered = socket.ping(payload).then(() => true)
  return Promise.race([answered, socket.ended.then(() => false), wait.then(() => false)])
}
