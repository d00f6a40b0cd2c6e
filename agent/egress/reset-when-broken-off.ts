// How a connection ends that is broken off. Why it is, others decide.

import type { Socket } from 'node:net'

/**
 * Makes `destroy` with an error, by which undici ends an exchange that is given up, reset the connection. Closed politely, what the
 * kernel still holds of a request would be sent again for minutes, and a change be carried out long after it was given up. `tcp` is
 * the socket itself, or the one beneath its TLS.
 */
export function resetWhenBrokenOff(socket: Socket, tcp: Socket): Socket {
  const destroy = socket.destroy.bind(socket)
  socket.destroy = (error) => {
    // Resetting destroys the socket too, and knows no reason.
    socket.destroy = (again) => destroy(again ?? error)
    // Node cannot reset what is being shut down.
    if (error !== undefined && !socket.writableEnded) tcp.resetAndDestroy()
    return destroy(error)
  }
  return socket
}
