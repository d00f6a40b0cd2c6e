// The one door through which the process opens sockets to others, one leg each. It holds what is asked to what is permitted on
// the leg, whoever asks. It does not speak HTTP or WebSocket; those are handed this.

import { connect, type Socket } from 'node:net'
import type { buildConnector } from 'undici'
import type { Clock } from '../ports/clock.ts'
import type { OnStep } from './connect-step.ts'
import { EgressError, refused } from './egress-error.ts'
import { guardLookup, systemResolve } from './guarded-lookup.ts'
import { type Leg, type Route, unbracketed } from './leg.ts'
import { reasonOf } from './reason-of.ts'
import { resetWhenBrokenOff } from './reset-when-broken-off.ts'
import { createSecure, type Secure } from './secure.ts'
import { openTunnel, proxyUnreachable } from './tunnel.ts'

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
 * Opens one socket and calls back once: with it when it is connected (and its TLS is verified), or with what went wrong, an
 * `EgressError` where this end knows why. Whoever breaks it off, by `destroy` with an error, resets it.
 */
export type Connector = (destination: Destination, callback: buildConnector.Callback) => void

export type ConnectorOptions = {
  readonly clock: Pick<Clock, 'after'>
  readonly leg: Leg
  /** How long TCP, the proxy and TLS may take together. Default: 10 s. */
  readonly connectTimeoutMs?: number | undefined
  /** Told how far each connection has come. */
  readonly onStep?: OnStep | undefined
}

/** Makes the connector of a leg: undici takes it as `connect`, a WebSocket client as what creates its connection. HTTP/1.1 only. */
export function createConnector({ clock, leg, connectTimeoutMs = 10_000, onStep }: ConnectorOptions): Connector {
  const secure = createSecure()
  return (destination, callback) => {
    const { signal } = destination
    if (signal?.aborted) return callback(asError(signal.reason), null)
    const { host, port, ...far } = farEnd(destination)
    const route = leg.routeTo(host, port)
    if (route === undefined) return callback(notPermitted(leg, `${host}:${port}`), null)
    const tcp = openTcp(route, leg)
    const attempt: Attempt = { ...far, tcp, leg, route, secure, waitsFor: 'tcp', onStep }
    tcp.on('lookup', (error, address) => error === null && onStep?.({ at: 'resolved', address }))
    const fail = (error: Error) => settle(explained(error, attempt), null)
    const { settle, giveUp } = once(callback, { tcp, signal, fail, onSettled: () => callOff() })
    const callOff = clock.after(connectTimeoutMs, () => giveUp(tooSlow(attempt, connectTimeoutMs)))
    tcp.once('connect', () => {
      onStep?.({ at: 'connected' })
      climb(attempt, (error, socket) => {
        if (socket === undefined) fail(error ?? new Error('no connection was made'))
        else settle(null, resetWhenBrokenOff(socket, tcp))
      })
    })
  }
}

/** What is being opened. */
type Attempt = {
  readonly tcp: Socket
  readonly leg: Leg
  readonly route: Route
  readonly secure: Secure
  /** Without brackets. */
  readonly hostname: string
  readonly servername: string | undefined
  readonly isSecure: boolean
  readonly onStep: OnStep | undefined
  waitsFor: 'tcp' | 'proxy' | 'tls'
}

function farEnd({ protocol, hostname, port, servername }: Destination) {
  const isSecure = protocol === 'https:'
  const bare = unbracketed(hostname.toLowerCase())
  const host = bare.includes(':') ? `[${bare}]` : bare
  return { host, hostname: bare, port: Number(port) || (isSecure ? 443 : 80), servername, isSecure }
}

/** TLS gets its TCP ready-made, because only a socket that was made by itself can be reset. */
function openTcp({ hostname, port, allowed }: Route, { name, resolve = systemResolve }: Leg): Socket {
  return connect({
    host: hostname,
    port,
    lookup: guardLookup({ allowed, leg: name, resolve }),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
  })
}

type Climbed = (error: Error | null, socket: Socket | undefined) => void

/** From a TCP connection to what was asked for: through the proxy, and up to TLS. */
function climb(attempt: Attempt, callback: Climbed): void {
  const { tcp, route, isSecure, secure, hostname, servername, leg, onStep } = attempt
  const reached = (error: Error | null) => {
    if (error !== null) tcp.destroy()
    if (error !== null || !isSecure) return callback(error, error === null ? tcp : undefined)
    attempt.waitsFor = 'tls'
    const { secureContext, name } = leg
    secure({ tcp, hostname, servername, secureContext, leg: name, onStep }, callback)
  }
  if (route.tunnel === undefined) return reached(null)
  attempt.waitsFor = 'proxy'
  openTunnel(tcp, route.tunnel, (error) => {
    if (error === null) onStep?.({ at: 'tunnelled' })
    reached(error)
  })
}

/** What the system says of a connection to a proxy sounds like one to the far end. */
function explained(error: Error, { waitsFor, route: { tunnel } }: Attempt): Error {
  if (tunnel === undefined || waitsFor === 'tls' || error instanceof EgressError) return error
  return proxyUnreachable(tunnel, reasonOf(error), error)
}

function notPermitted({ name }: Leg, where: string): Error {
  return refused(`${where} is not among the destinations of ${name}. \`sallyport egress\` lists them.`)
}

function tooSlow({ waitsFor, hostname, route: { tunnel } }: Attempt, ms: number): Error {
  const within = `within ${ms / 1000} s`
  if (waitsFor === 'tls') return new Error(`no TLS with ${hostname} ${within}`)
  if (tunnel === undefined) return new Error(`no connection to ${hostname} ${within}`)
  return proxyUnreachable(tunnel, waitsFor === 'tcp' ? `none ${within}` : `no answer to CONNECT ${within}`)
}

type Settling = {
  readonly tcp: Socket
  readonly signal: AbortSignal | undefined
  readonly fail: (error: Error) => void
  readonly onSettled: () => void
}
type Once = { readonly settle: buildConnector.Callback; readonly giveUp: (reason: Error) => void }

function once(callback: buildConnector.Callback, { tcp, signal, fail, onSettled }: Settling): Once {
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
  tcp.on('error', fail)
  return { settle, giveUp }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('the connection was given up', { cause: reason })
}
