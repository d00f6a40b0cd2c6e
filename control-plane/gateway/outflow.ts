// What goes out on a session, and whether the agent reads it.

import { limits } from '@sallyport/protocol'
import type { Socket } from './socket.ts'

export type Outflow = {
  /** False where the agent talks on and does not read the replies: it is to be cut off. */
  send(text: string): boolean
  /** More waits for the agent than it should be given runs on top of. */
  isCongested(): boolean
}

/** Written and not read by the agent. */
const congestedBytes = limits.frameBytes
/** Frames sent in a row to an agent that is congested. */
const unreadCapCount = 20_000

export function createOutflow(socket: Pick<Socket, 'send' | 'waitingBytes'>): Outflow {
  let unreadCount = 0
  const isCongested = () => socket.waitingBytes() >= congestedBytes
  return {
    send: (text) => {
      socket.send(text)
      unreadCount = isCongested() ? unreadCount + 1 : 0
      return unreadCount <= unreadCapCount
    },
    isCongested,
  }
}
