// A relay on the socket between an agent and its control plane: it keeps every byte of both directions, can cut, and can be slow.

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { Transform } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { webSocketTexts } from './web-socket-texts.ts'

export type ByteRelay = AsyncDisposable & {
  readonly url: string
  /** All that was carried of what the agent sent, and of what the plane sent, connection by connection, as raw bytes. */
  readonly sent: { readonly fromAgent: readonly Buffer[]; readonly fromPlane: readonly Buffer[] }
  /** What either end could read of it: the raw bytes, and the unmasked payloads of WebSocket frames. */
  readable(): string
  /** Resets every connection. */
  cut(): void
  /** Resets every connection toward the plane alone: the agent is not told, and nobody takes what it sends. */
  strand(): void
  /** Each direction of each connection that is made from now on carries so many bytes a second. */
  throttle(bytesPerSecond: number): void
}

type Stream = { chunks: Buffer[] }
type Line = { readonly agent: Socket; readonly plane: Socket; isStranded: boolean }

/** `host`: the address that it listens at. */
export async function startByteRelay(target: string, host = '127.0.0.1'): Promise<ByteRelay> {
  const { hostname, port } = new URL(target)
  const lines = new Set<Line>()
  const streams = { fromAgent: [] as Stream[], fromPlane: [] as Stream[] }
  let bytesPerSecond: number | undefined
  const server = createServer({ noDelay: true }, (agent) => {
    const plane = connect({ port: Number(port), host: hostname, noDelay: true })
    const line: Line = { agent, plane, isStranded: false }
    lines.add(line)
    agent.on('close', () => lines.delete(line))
    carry(agent, plane, { stream: open(streams.fromAgent), bytesPerSecond })
    carry(plane, agent, { stream: open(streams.fromPlane), bytesPerSecond })
    agent.on('close', () => plane.destroy())
    plane.on('close', () => line.isStranded || agent.destroy())
  })
  server.listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  const whole = (list: readonly Stream[]) => list.map(({ chunks }) => Buffer.concat(chunks))

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${typeof address === 'object' && address !== null ? address.port : 0}`,
    get sent() {
      return { fromAgent: whole(streams.fromAgent), fromPlane: whole(streams.fromPlane) }
    },
    readable: () => {
      const all = [...whole(streams.fromAgent), ...whole(streams.fromPlane)]
      return all.flatMap((bytes) => [bytes.toString('latin1'), ...webSocketTexts(bytes)]).join('\n')
    },
    cut: () => {
      for (const { agent, plane } of lines) for (const socket of [agent, plane]) socket.resetAndDestroy()
    },
    strand: () => {
      for (const line of lines) {
        line.isStranded = true
        line.plane.resetAndDestroy()
      }
    },
    throttle: (next) => {
      bytesPerSecond = next
    },
    [Symbol.asyncDispose]: async () => {
      for (const { agent, plane } of lines) for (const socket of [agent, plane]) socket.destroy()
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

type Carrying = { readonly stream: Stream; readonly bytesPerSecond: number | undefined }

function carry(from: Socket, to: Socket, { stream, bytesPerSecond }: Carrying): void {
  const way = bytesPerSecond === undefined ? from : from.pipe(createThrottle(bytesPerSecond))
  way.on('data', (chunk: Buffer) => stream.chunks.push(chunk))
  way.pipe(to)
  from.on('error', () => to.destroy())
}

/** Between two pieces of what is throttled. */
const pauseMs = 20

function createThrottle(bytesPerSecond: number): Transform {
  const size = Math.ceil((bytesPerSecond * pauseMs) / 1000)
  return new Transform({
    highWaterMark: size,
    transform(chunk: Buffer, _encoding, done) {
      const pass = async () => {
        for (let at = 0; at < chunk.length; at += size) {
          this.push(chunk.subarray(at, at + size))
          await sleep(pauseMs)
        }
      }
      pass().then(() => done(), done)
    },
  })
}
