// The one door through which the process opens sockets to others. It does not speak HTTP or WebSocket; those are handed this.

import { connect, isIP, type Socket } from 'node:net'
import { buildConnector } from 'undici'
import type { Clock } from '../ports/clock.ts'
import { resetWhenBrokenOff } from './reset-when-broken-off.ts'

/** Where a socket shall go. `protocol` is `https:` (TLS) or `http:`, with their colon. */
export type Destination = {
  readonly protocol: string
  readonly hostname: string
  /** Empty for the port that belongs to the protocol. */
  readonly port: string
  readonly servername?: string
  /** Aborted before the socket is there, it gives the connection up at once. */
  readonly signal?: AbortSignal
}

/**
 * Opens one socket and calls back once: with it when it is connected (and its TLS is verified), or with what went wrong. Whoever
 * breaks it off, by `destroy` with an error, resets it.
 */
export type Connector = (destination: Destination, callback: buildConnector.Callback) => void

export type ConnectorOptions = {
  readonly clock: Pick<Clock, 'after'>
  /** How long TCP and TLS may take together. Default: 10 s. */
  readonly connectTimeoutMs?: number
  /** Certificates (PEM) that are trusted in place of those that Node trusts. */
  readonly ca?: string
}

/** Makes the connector of the process: undici takes it as `connect`, a WebSocket client as what creates its connection. HTTP/1.1 only. */
export function createConnector({ clock, connectTimeoutMs = 10_000, ca }: ConnectorOptions): Connector {
  // The limit is ours: undici's own would not be by the clock.
  const secure = buildConnector({ timeout: 0, allowH2: false, ...(ca === undefined ? {} : { ca }) })
  return (destination, callback) => {
    const { protocol, signal } = destination
    if (signal?.aborted) return callback(asError(signal.reason), null)
    const hostname = destination.hostname.replace(/^\[(.*)\]$/, '$1')
    const tcp = openTcp({ ...destination, hostname })
    const { settle, giveUp } = once(callback, { tcp, signal, onSettled: () => callOff() })
    const callOff = clock.after(connectTimeoutMs, () => giveUp(tooSlow(tcp, hostname, connectTimeoutMs)))
    tcp.once('connect', () => {
      if (protocol !== 'https:') return settle(null, resetWhenBrokenOff(tcp, tcp))
      const servername = destination.servername || (isIP(hostname) === 0 ? hostname : '')
      secure({ ...destination, hostname, servername, httpSocket: tcp }, (...[error, socket]) => {
        if (error === null) settle(null, resetWhenBrokenOff(socket, tcp))
        else settle(error, null)
      })
    })
  }
}

/** TLS gets its TCP ready-made, because only a socket that was made by itself can be reset. */
function openTcp({ hostname, port, protocol }: Destination): Socket {
  return connect({
    host: hostname,
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
  })
}

function tooSlow(tcp: Socket, hostname: string, ms: number): Error {
  return new Error(`${tcp.connecting ? 'no connection to' : 'no TLS with'} ${hostname} within ${ms / 1000} s`)
}

type Settling = { readonly tcp: Socket; readonly signal: AbortSignal | undefined; readonly onSettled: () => void }
type Once = { readonly settle: buildConnector.Callback; readonly giveUp: (reason: Error) => void }

function once(callback: buildConnector.Callback, { tcp, signal, onSettled }: Settling): Once {
  let settled = false
  const settle: buildConnector.Callback = (...result) => {
    if (settled) return
    settled = true
    signal?.removeEventListener('abort', abort)
    onSettled()
    callback(...result)
  }
  const giveUp = (reason: Error) => {
    tcp.destroy()
    settle(reason, null)
  }
  const abort = () => giveUp(asError(signal?.reason))
  signal?.addEventListener('abort', abort)
  // It stays on for good: of a socket beneath TLS nobody else hears.
  tcp.on('error', (error) => settle(error, null))
  return { settle, giveUp }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('the connection was given up', { cause: reason })
}
