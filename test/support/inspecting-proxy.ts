// A proxy that inspects TLS: it ends it with certificates of its own authority, reads everything, goes on under TLS of its own,
// and may change what passes or put in words of its own.

import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { Transform } from 'node:stream'
import { TLSSocket, connect as tlsConnect } from 'node:tls'
import type { CertificateAuthority } from './certificate-authority.ts'
import { webSocketTexts } from './web-socket-texts.ts'

/** Gives back as many bytes as it was given; the text is one character for each. */
export type Tamper = (text: string, from: 'agent' | 'far') => string

export type InspectingProxy = AsyncDisposable & {
  readonly url: string
  tamper: Tamper | undefined
  /** What was read of connections to this port so far, raw, and as the messages of a WebSocket. */
  read(port: number): {
    readonly raw: string
    readonly fromAgent: readonly string[]
    readonly fromFar: readonly string[]
  }
  /** Puts a message into the newest connection that is a WebSocket, as if the far end had sent it. */
  inject(text: string): void
  /** Ends every connection. */
  cut(): void
}

type Line = { readonly port: number; readonly agent: TLSSocket; readonly sent: { agent: Buffer[]; far: Buffer[] } }

/** `trusts`: the authorities of the far ends, in PEM. */
export async function startInspectingProxy(
  authority: CertificateAuthority,
  trusts: readonly string[],
): Promise<InspectingProxy> {
  const sockets = new Set<Socket>()
  const lines: Line[] = []
  const keep = <Kept extends Socket>(socket: Kept): Kept => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    return socket
  }
  const inspect = async (near: Socket, host: string, port: number) => {
    const agent = keep(new TLSSocket(near, { isServer: true, ...(await authority.issue(host)) }))
    near.write('HTTP/1.1 200 Connection established\r\n\r\n')
    const far = keep(tlsConnect({ host, port, servername: host, ca: [...trusts] }))
    const line: Line = { port, agent, sent: { agent: [], far: [] } }
    lines.push(line)
    agent.pipe(passing('agent', line)).pipe(far)
    far.pipe(passing('far', line)).pipe(agent)
    agent.on('close', () => far.destroy())
    far.on('close', () => agent.destroy())
  }
  const passing = (from: 'agent' | 'far', { sent }: Line) =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        sent[from].push(chunk)
        done(null, Buffer.from(proxy.tamper?.(chunk.toString('latin1'), from) ?? chunk.toString('latin1'), 'latin1'))
      },
    })
  const server = createServer((near) => {
    keep(near).once('data', (head: Buffer) => {
      near.pause()
      const [, host = '', port] = /^CONNECT ([^\s:]+):(\d+) /.exec(head.toString('latin1')) ?? []
      void inspect(near, host, Number(port))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const bytes = (port: number, from: 'agent' | 'far') =>
    lines.filter((line) => line.port === port).map(({ sent }) => Buffer.concat(sent[from]))

  const proxy: InspectingProxy = {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    tamper: undefined,
    read: (port) => ({
      raw: [...bytes(port, 'agent'), ...bytes(port, 'far')].join('\n'),
      fromAgent: bytes(port, 'agent').flatMap(webSocketTexts),
      fromFar: bytes(port, 'far').flatMap(webSocketTexts),
    }),
    inject: (text) => {
      const isWebSocket = ({ sent }: Line) => webSocketTexts(Buffer.concat(sent.far)).length > 0
      lines.findLast((line) => !line.agent.destroyed && isWebSocket(line))?.agent.write(textFrame(text))
    },
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
    [Symbol.asyncDispose]: async () => {
      proxy.cut()
      server.close()
      await once(server, 'close')
    },
  }
  return proxy
}

/** One unmasked WebSocket message in one frame, as a server sends it (RFC 6455, 5.2). */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  const head = Buffer.alloc(payload.length < 126 ? 2 : 4)
  head.writeUInt8(0x81, 0)
  head.writeUInt8(Math.min(payload.length, 126), 1)
  if (payload.length >= 126) head.writeUInt16BE(payload.length, 2)
  return Buffer.concat([head, payload])
}
