// The one door through which the process opens sockets to others, one leg each. It holds what is asked to what is permitted on
// the leg, whoever asks. It does not speak HTTP or WebSocket; those are handed this.

import type { Socket } from 'node:net'
import type { buildConnector } from 'undici'
import type { Clock } from '../ports/clock.ts'
import type { OnStep } from './connect-step.ts'
import { type Dialling, dial } from './dial.ts'
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
    const attempt: Attempt = { ...far, leg, route, secure, waitsFor: 'tcp', onStep }
    let cut: () => unknown = () => {}
    const fail = (error: Error) => settle(explained(error, attempt), null)
    const { settle, giveUp } = once(callback, { signal, cut: () => cut(), onSettled: () => callOff() })
    const callOff = clock.after(connectTimeoutMs, () => giveUp(tooSlow(attempt, connectTimeoutMs)))
    cut = dial({ ...lookedUp(attempt), clock }, (error, tcp) => {
      if (tcp === undefined) return fail(error ?? new Error('no connection was made'))
      cut = () => tcp.destroy()
      // It stays on for good: of a socket beneath TLS nobody else hears.
      tcp.on('error', fail)
      onStep?.({ at: 'connected' })
      climb(attempt, tcp, (unclimbed, socket) => {
        if (socket === undefined) fail(unclimbed ?? new Error('no connection was made'))
        else settle(null, resetWhenBrokenOff(socket, tcp))
      })
    })
  }
}

/** What is being opened. */
type Attempt = {
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
function lookedUp({ route, leg, onStep }: Attempt): Omit<Dialling, 'clock'> {
  const { hostname, port, allowed } = route
  const lookup = guardLookup({ allowed, leg: leg.name, resolve: leg.resolve ?? systemResolve })
  return { hostname, port, lookup, onResolved: (address) => onStep?.({ at: 'resolved', address }) }
}

type Climbed = (error: Error | null, socket: Socket | undefined) => void

/** From a TCP connection to what was asked for: through the proxy, and up to TLS. */
function climb(attempt: Attempt, tcp: Socket, callback: Climbed): void {
  const { route, isSecure, secure, hostname, servername, leg, onStep } = attempt
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
  readonly signal: AbortSignal | undefined
  /** Ends what is under way. */
  readonly cut: () => unknown
  readonly onSettled: () => void
}
type Once = { readonly settle: buildConnector.Callback; readonly giveUp: (reason: Error) => void }

function once(callback: buildConnector.Callback, { signal, cut, onSettled }: Settling): Once {
  let settled = false
  const settle: buildConnector.Callback = (...result) => {
    if (settled) return
    settled = true
    signal?.removeEventListener('abort', abort)
    onSettled()
    callback(...result)
  }
  const giveUp = (reason: Error) => {
    cut()
    settle(reason, null)
  }
  const abort = () => giveUp(asError(signal?.reason))
  signal?.addEventListener('abort', abort)
  return { settle, giveUp }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('the connection was given up', { cause: reason })
}
