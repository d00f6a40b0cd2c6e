// The one door to `ws` at the control plane: takes an upgrade, moves texts, and knows nothing of frames.

import type { IncomingMessage } from 'node:http'
import type { Socket as NetSocket } from 'node:net'
import type { Duplex } from 'node:stream'
import { limits, subProtocol } from '@sallyport/protocol'
import { WebSocket, WebSocketServer } from 'ws'
import { systemEvent } from '../ports/turn.ts'

export type SocketEnd = { readonly code: number; readonly reason: string }

type Receiver = (text: string, byteCount: number) => void

export type Socket = {
  /** Does nothing once the socket is closed. What is sent in answer to one event leaves in one piece. */
  send(text: string): void
  /** Sets who receives, in place of the one before. Set the first in the same tick as the socket came. */
  receive(receiver: Receiver): void
  /** Resolves when the pong that answers this very ping comes, or to another with the same payload; never where none does. */
  ping(payload?: Buffer): Promise<void>
  /** Bytes that came from the peer or that the kernel took for it, pongs and parts of messages included: it is alive while they grow. */
  movedBytes(): number
  /** Resolves when the next byte comes; never where none does. */
  nextByte(): Promise<void>
  /** Cuts the connection as soon as more bytes than this came from the peer, since the socket opened. */
  hearAtMost(byteCount: number): void
  /** Bytes that were sent and that the kernel did not take yet. */
  waitingBytes(): number
  pause(): void
  resume(): void
  /** Says goodbye, and receives nothing more; the reason is cut to what a close frame takes. A peer that does not answer is cut off after 30 s. */
  close(code: number, reason: string): void
  /** Cuts the connection without a word. */
  destroy(): void
  readonly ended: Promise<SocketEnd>
}

export type SocketServer = {
  /** Answers the upgrade: with a socket, or with an HTTP error where the request asks for something else. */
  accept(req: IncomingMessage, socket: Duplex, head: Buffer, opened: (socket: Socket) => void): void
}

export function createSocketServer(): SocketServer {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits.socketBytes,
    perMessageDeflate: false,
    handleProtocols: () => subProtocol,
  })
  return {
    accept: (req, socket, head, opened) => {
      // Until `ws` has it, nobody listens for an error of the socket, and an unheard one would end the process.
      socket.on('error', () => {})
      if (!offersSubProtocol(req)) return refuse(socket)
      server.handleUpgrade(req, socket, head, (webSocket) => opened(wrap(webSocket, req.socket)))
    },
  }
}

function offersSubProtocol({ headers }: IncomingMessage): boolean {
  const offered = headers['sec-websocket-protocol'] ?? ''
  return offered.split(',').some((name) => name.trim() === subProtocol)
}

function refuse(socket: Duplex): void {
  // A peer that does not close its side would else keep the socket for ever.
  socket.once('finish', () => socket.destroy())
  const text = `Sallyport opens sessions for the WebSocket sub-protocol ${subProtocol} alone.\n`
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  )
}

function wrap(webSocket: WebSocket, connection: NetSocket): Socket {
  const { promise: ended, resolve: end } = Promise.withResolvers<SocketEnd>()
  let heard = 0
  let waiting: (() => void)[] = []
  let receiver: Receiver = () => {}
  const ping = createPings(webSocket)
  let mayHear = Number.POSITIVE_INFINITY
  connection.on('data', (chunk: Buffer) => {
    heard += chunk.length
    if (heard > mayHear) webSocket.terminate()
    for (const wake of waiting) wake()
    waiting = []
  })
  webSocket.on('message', (data, isBinary) => {
    // `binaryType` is ws's default, so a message is one Buffer; a binary one is no frame, and reads as a malformed one.
    const buffer = data as Buffer
    receiver(isBinary ? '' : buffer.toString('utf8'), buffer.length)
  })
  webSocket.once('close', (code, reason) => end({ code, reason: reason.toString('utf8') }))
  // `close` follows every error, and says the code.
  webSocket.on('error', () => {})
  const isOpen = () => webSocket.readyState === WebSocket.OPEN
  const gather = createGathering(connection)

  return {
    ended,
    send: (text) => {
      if (!isOpen()) return
      gather()
      webSocket.send(text)
    },
    receive: (next) => {
      receiver = next
    },
    ping,
    movedBytes: () => heard + connection.bytesWritten - connection.writableLength,
    nextByte: () => new Promise((resolve) => waiting.push(resolve)),
    hearAtMost: (byteCount) => {
      mayHear = byteCount
    },
    waitingBytes: () => webSocket.bufferedAmount,
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
    close: (code, reason) => {
      receiver = () => {}
      webSocket.close(code, cutToBytes(reason, 120))
    },
    destroy: () => webSocket.terminate(),
  }
}

/** A pong carries the payload of its ping, which is how it is told from one that was asked for earlier. */
function createPings(webSocket: WebSocket): Socket['ping'] {
  const asked = new Map<string, PromiseWithResolvers<void>>()
  webSocket.on('pong', (payload) => {
    const key = payload.toString('latin1')
    asked.get(key)?.resolve()
    asked.delete(key)
  })
  return (payload = Buffer.alloc(0)) => {
    const key = payload.toString('latin1')
    const answer = asked.get(key) ?? Promise.withResolvers<void>()
    asked.set(key, answer)
    if (webSocket.readyState === WebSocket.OPEN) webSocket.ping(payload)
    return answer.promise
  }
}

/** Holds back what is written from now on, to the end of the event: each piece costs a call of the kernel, and wakes the peer. */
function createGathering(connection: NetSocket): () => void {
  let isGathering = false
  const release = () => {
    isGathering = false
    connection.uncork()
  }
  return () => {
    if (isGathering) return
    isGathering = true
    connection.cork()
    systemEvent(release)
  }
}

function cutToBytes(text: string, byteCount: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= byteCount) return text
  // A character that was cut in two decodes to a replacement character, which `ws` would refuse at the far end.
  return bytes.subarray(0, byteCount).toString('utf8').replace(/�+$/u, '')
}
