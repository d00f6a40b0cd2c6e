// Why a session cannot be opened: the code that the socket is closed with, and a sentence for the log and the peer.

import type { CloseReason } from '@sallyport/protocol'

export class SessionRefusal extends Error {
  override readonly name = 'SessionRefusal'
  readonly reason: CloseReason

  constructor(reason: CloseReason, why: string) {
    super(why)
    this.reason = reason
  }
}
