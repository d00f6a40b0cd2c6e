// A relay on the socket between an agent and its control plane: it keeps every byte of both directions, and can cut.

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { webSocketTexts } from './web-socket-texts.ts'

export type ByteRelay = AsyncDisposable & {
  readonly url: string
  /** All that the agent sent, and all that the plane sent, connection by connection, as raw bytes. */
  readonly sent: { readonly fromAgent: readonly Buffer[]; readonly fromPlane: readonly Buffer[] }
  /** What either end could read of it: the raw bytes, and the unmasked payloads of WebSocket frames. */
  readable(): string
  /** Resets every connection. */
  cut(): void
}

type Stream = { chunks: Buffer[] }

export async function startByteRelay(target: string): Promise<ByteRelay> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const streams = { fromAgent: [] as Stream[], fromPlane: [] as Stream[] }
  const server = createServer({ noDelay: true }, (agent) => {
    const plane = connect({ port: Number(port), host: hostname, noDelay: true })
    carry(agent, plane, open(streams.fromAgent))
    carry(plane, agent, open(streams.fromPlane))
    for (const socket of [agent, plane]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const whole = (list: readonly Stream[]) => list.map(({ chunks }) => Buffer.concat(chunks))

  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    get sent() {
      return { fromAgent: whole(streams.fromAgent), fromPlane: whole(streams.fromPlane) }
    },
    readable: () => {
      const all = [...whole(streams.fromAgent), ...whole(streams.fromPlane)]
      return all.flatMap((bytes) => [bytes.toString('latin1'), ...webSocketTexts(bytes)]).join('\n')
    },
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function open(list: Stream[]): Stream {
  const stream: Stream = { chunks: [] }
  list.push(stream)
  return stream
}

function carry(from: Socket, to: Socket, stream: Stream): void {
  from.on('data', (chunk: Buffer) => stream.chunks.push(chunk))
  from.pipe(to)
  from.on('error', () => to.destroy())
  from.on('close', () => to.destroy())
}
