// Resets a TCP connection at once.

import type { Socket } from 'node:net'

/**
 * `resetAndDestroy` alone waits until the kernel has taken what was written, which is for ever where nobody reads; and of what is
 * being shut down already it never comes to an end.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded) return void socket.destroy()
  socket.resetAndDestroy()
  if (socket.writableLength > 0) socket.destroy()
}
