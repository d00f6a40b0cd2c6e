// The one door to `ws`: a WebSocket to the control plane, opened through the connector of the process. It moves texts and
// knows nothing of frames.

import type { Socket as NetSocket } from 'node:net'
import { limits, SallyportError, subProtocol, times } from '@sallyport/protocol'
import { WebSocket } from 'ws'
import type { Connector } from '../egress/connector.ts'
import { reasonWith } from '../egress/reason-of.ts'
import type { Clock } from '../ports/clock.ts'
import { type EndOfTurn, systemTurn } from '../ports/turn.ts'

export type SocketEnd = { readonly code: number; readonly reason: string }

type Receiver = (text: string, byteCount: number) => void

export type Socket = {
  /** Resolves when the text is handed to the kernel, or the socket is gone; it goes where too much waits already. */
  send(text: string): Promise<void>
  /**
   * Sets who receives; one at a time. While nobody does, messages wait, and the next receiver gets them first; more than may
   * wait ends the connection.
   */
  receive(receiver: Receiver | undefined): void
  ping(): void
  /** A number that grows with every byte that came in or left the host: a peer is alive while it does. */
  moved(): number
  /** Says goodbye; a peer that does not answer is cut off by `destroy`. */
  close(code: number, reason: string): void
  /** Cuts the connection without a word. */
  destroy(): void
  readonly ended: Promise<SocketEnd>
}

export type OpenSocket = (url: URL, signal: AbortSignal) => Promise<Socket>

type OpenSocketOptions = {
  readonly connector: Connector
  readonly userAgent: string
  readonly clock: Clock
  readonly endOfTurn?: EndOfTurn
}

/** Rejects with `plane_unreachable` or `plane_answer_unexpected`, whose messages say what to check, or the signal's reason. */
export function createOpenSocket({
  connector,
  userAgent,
  clock,
  endOfTurn = systemTurn,
}: OpenSocketOptions): OpenSocket {
  return async (url, signal) => {
    const connection = await connect(connector, url, signal)
    const webSocket = new WebSocket(url.href.replace(/^http/, 'ws'), [subProtocol], {
      createConnection: () => connection,
      perMessageDeflate: false,
      maxPayload: limits.socketBytes,
      followRedirects: false,
      headers: { 'user-agent': userAgent },
    })
    const late = new AbortController()
    const stopTimer = clock.after(times.handshakeMs, () => late.abort(noAnswer(url)))
    try {
      return await upgraded(webSocket, connection, { url, endOfTurn, signal: AbortSignal.any([signal, late.signal]) })
    } finally {
      stopTimer()
    }
  }
}

/** Whatever took the connection and then says nothing would otherwise hold the agent for ever. */
function noAnswer(url: URL): SallyportError {
  return new SallyportError(
    'plane_unreachable',
    `open a session at ${url.href}: something took the connection and did not answer within ${times.handshakeMs / 1000} s. Check the URL, and any proxy on the way.`,
  )
}

const advice = 'Check the address, that it is up, and that the firewall lets this host out to it.'

function connect(connector: Connector, url: URL, signal: AbortSignal): Promise<NetSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<NetSocket>()
  connector({ protocol: url.protocol, hostname: url.hostname, port: url.port, signal }, (error, socket) => {
    if (error === null) return resolve(socket)
    if (signal.aborted) return reject(signal.reason)
    reject(
      new SallyportError(
        'plane_unreachable',
        `connect to the control plane at ${url.host}: ${reasonWith(error, advice)}`,
        { cause: error },
      ),
    )
  })
  return promise
}

function upgraded(
  webSocket: WebSocket,
  connection: NetSocket,
  { url, endOfTurn, signal }: { url: URL; endOfTurn: EndOfTurn; signal: AbortSignal },
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = wrap(webSocket, connection, endOfTurn)
  const abort = () => {
    webSocket.terminate()
    reject(signal.reason)
  }
  signal.addEventListener('abort', abort, { once: true })
  webSocket.once('open', () => {
    signal.removeEventListener('abort', abort)
    resolve(socket)
  })
  webSocket.on('error', (error) => {
    signal.removeEventListener('abort', abort)
    reject(
      new SallyportError(
        'plane_answer_unexpected',
        `open a session at ${url.href}: what answered does not speak ${subProtocol} (${error.message}). Check the URL, and that no proxy on the way refuses WebSocket.`,
        { cause: error },
      ),
    )
  })
  if (signal.aborted) abort()
  return promise
}

function wrap(webSocket: WebSocket, connection: NetSocket, endOfTurn: EndOfTurn): Socket {
  const { promise: ended, resolve: end } = Promise.withResolvers<SocketEnd>()
  webSocket.once('close', (code, reason) => end({ code, reason: reason.toString('utf8') }))
  const waiting: Parameters<Receiver>[] = []
  let waitingBytes = 0
  let receiver: Receiver | undefined
  webSocket.on('message', (data, isBinary) => {
    // `binaryType` is ws's default, so a message is one Buffer; a binary one is no frame, and reads as a malformed one.
    const buffer = data as Buffer
    const text = isBinary ? '' : buffer.toString('utf8')
    if (receiver !== undefined) return receiver(text, buffer.length)
    waiting.push([text, buffer.length])
    waitingBytes += buffer.length
    if (waitingBytes > limits.socketBytes) cutOff('the control plane says more than anybody waits for')
  })
  const cutOff = (reason: string) => {
    end({ code: 1006, reason })
    webSocket.terminate()
  }

  /** What is said in one turn leaves in one write: to the kernel a write costs about the same, whatever is in it. */
  const gather = () => {
    if (connection.writableCorked > 0) return
    connection.cork()
    endOfTurn(() => connection.uncork())
  }

  return {
    ended,
    send: (text) => {
      gather()
      const { promise, resolve } = Promise.withResolvers<void>()
      webSocket.send(text, () => resolve())
      if (webSocket.bufferedAmount > limits.socketBytes) cutOff('the control plane takes nothing of what it is sent')
      return promise
    },
    receive: (next) => {
      receiver = next
      waitingBytes = 0
      while (receiver !== undefined && waiting.length > 0) receiver(...(waiting.shift() as Parameters<Receiver>)) // not empty
    },
    ping: () => {
      if (webSocket.readyState === WebSocket.OPEN) webSocket.ping()
    },
    moved: () => connection.bytesRead + connection.bytesWritten - connection.writableLength,
    close: (code, reason) => webSocket.close(code, reason),
    destroy: () => webSocket.terminate(),
  }
}
