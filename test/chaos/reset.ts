// Resets a TCP connection at once.

import type { Socket } from 'node:net'

/**
 * `resetAndDestroy` alone waits until the kernel has taken what was written, which is for ever where nobody reads; and of what is
 * being shut down already it does not come to an end at all.
 */
export function reset(socket: Socket): void {
  if (!socket.writableEnded) socket.resetAndDestroy()
  socket.destroy()
}
