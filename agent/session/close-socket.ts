// Ending a session from our side.

import { type CloseReason, closeCodes } from '@sallyport/protocol'
import type { Clock } from '../ports/clock.ts'
import type { Socket } from './socket.ts'

/** How long the peer may take to answer a close. */
const answerMs = 2000

type Closing = {
  readonly socket: Socket
  readonly reason: CloseReason
  readonly clock: Clock
  /** Aborted when the session is over. */
  readonly over: AbortSignal
}

/** Closes with a code and hears nothing more; a peer that does not answer the close is cut off. */
export function closeSocket({ socket, reason, clock, over }: Closing): void {
  socket.receive(() => {})
  socket.close(closeCodes[reason].code, reason)
  clock.sleep(answerMs, over).then(
    () => socket.destroy(),
    () => {},
  )
}
