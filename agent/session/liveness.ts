// Notices a peer that went away without a word. It is alive while bytes move in either direction, so a slow link that is
// busy with one page is not taken for a dead one; only a silent peer is asked.

import { times } from '@sallyport/protocol'
import type { Clock } from '../ports/clock.ts'
import type { Socket } from './socket.ts'

/** Resolves `true` when the peer is silent, `false` when the signal was aborted first. */
export async function watchSilence(socket: Socket, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const quiet = async (ms: number) => {
    const before = socket.moved()
    await clock.sleep(ms, signal)
    return socket.moved() === before
  }
  try {
    while (true) {
      if (!(await quiet(times.silenceMs))) continue
      socket.ping()
      if (await quiet(times.pongMs)) return true
    }
  } catch {
    return false
  }
}
