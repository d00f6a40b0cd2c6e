// TLS before a server of the test that speaks plain HTTP: `https://localhost` with a certificate, and all bytes handed on.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createServer } from 'node:tls'
import type { Certificate } from './certificate-authority.ts'

export type TlsFront = AsyncDisposable & {
  readonly url: string
  readonly port: number
  readonly connectionCount: number
}

export async function startTlsFront(target: string, certificate: Certificate): Promise<TlsFront> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  }
  const server = createServer(certificate, (near) => {
    const far = connect({ host: hostname, port: Number(port) })
    for (const socket of [near, far]) keep(socket)
    near.pipe(far).pipe(near)
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  })
  let connectionCount = 0
  server.on('connection', (socket: Socket) => {
    connectionCount += 1
    keep(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const ownPort = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `https://localhost:${ownPort}`,
    port: ownPort,
    get connectionCount() {
      return connectionCount
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
