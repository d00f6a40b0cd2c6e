// Sockets that are not sessions yet. Anybody may open one, so they are few at a time and each may say little.

import { limits } from '@sallyport/protocol'
import type { Socket } from './socket.ts'

export type Lobby = {
  /** Where it is full, who has been here longest is cut off: an honest handshake is over within a round trip or two. */
  enter(socket: Socket): void
  /** It is a session now, and may say as much as it likes. */
  leave(socket: Socket): void
}

/** Each costs some 20 KiB while it waits, and what it has said at most. */
const placeCount = 512
/** A `hello` of the largest frame, and what the WebSocket itself needs. */
const heardBytes = limits.frameBytes + 64 * 1024

export function createLobby(): Lobby {
  const waiting = new Set<Socket>()
  return {
    enter: (socket) => {
      const [oldest] = waiting
      if (oldest !== undefined && waiting.size >= placeCount) {
        waiting.delete(oldest)
        oldest.destroy()
      }
      waiting.add(socket)
      socket.hearAtMost(heardBytes)
      void socket.ended.then(() => waiting.delete(socket))
    },
    leave: (socket) => {
      waiting.delete(socket)
      socket.hearAtMost(Number.POSITIVE_INFINITY)
    },
  }
}
