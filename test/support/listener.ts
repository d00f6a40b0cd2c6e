// A real TCP or TLS server that answers nothing, and tells how each of its connections came to its end.

import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { selfSigned } from './self-signed.ts'

/** `closed` by FIN, as whoever goes politely does, or `reset` by RST, upon which the other end sends nothing more. */
type End = 'closed' | 'reset'

export type Listener = AsyncDisposable & {
  readonly url: string
  readonly port: number
  /** How many came so far. */
  connectionCount(): number
  /** Its first connection, once it is there; its TLS is made by then. */
  connection(): Promise<{
    readonly socket: Socket
    /** Resolves with its first bytes. */
    readonly heard: Promise<string>
    readonly end: Promise<End>
  }>
}

/** `isDeaf`: reads nothing before the test resumes its socket. */
export async function startListener({
  tls = false,
  isDeaf = false,
  host = '127.0.0.1',
  certificate = selfSigned as { readonly key: string; readonly cert: string },
} = {}): Promise<Listener> {
  const sockets = new Set<Socket>()
  let count = 0
  const connected = Promise.withResolvers<Awaited<ReturnType<Listener['connection']>>>()
  const accept = (socket: Socket) => {
    sockets.add(socket)
    const { promise: end, resolve } = Promise.withResolvers<End>()
    const { promise: heard, resolve: hear } = Promise.withResolvers<string>()
    socket.once('error', () => resolve('reset')).once('end', () => resolve('closed'))
    socket.once('data', (bytes) => hear(bytes.toString('latin1')))
    if (isDeaf) socket.pause()
    else socket.resume()
    connected.resolve({ socket, heard, end })
  }
  // TLS 1.3 writes once more after its handshake, and a close that leaves that unread is a reset too.
  const server = tls ? createTlsServer({ ...certificate, maxVersion: 'TLSv1.2' }, accept) : createServer(accept)
  server.on('connection', (socket) => {
    sockets.add(socket)
    count += 1
  })
  server.listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    connectionCount: () => count,
    connection: () => connected.promise,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
