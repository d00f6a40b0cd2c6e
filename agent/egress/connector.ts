// The one door through which the process opens sockets to others. It does not speak HTTP or WebSocket; those are handed this.

import { buildConnector } from 'undici'

/** Where a socket shall go. `protocol` is `https:` (TLS) or `http:`, with their colon. */
export type Destination = {
  readonly protocol: string
  readonly hostname: string
  /** Empty for the port that belongs to the protocol. */
  readonly port: string
  readonly servername?: string
}

/** Opens one socket and calls back once: with it when it is connected (and its TLS is verified), or with what went wrong. */
export type Connector = buildConnector.connector

export type ConnectorOptions = {
  /** How long a connection may take to be made, TLS included. */
  readonly connectTimeoutMs?: number
}

/**
 * Makes the connector of the process: undici takes it as `connect`, a WebSocket client as what creates its connection.
 * TLS is verified against the certificates that Node trusts; HTTP/1.1 only.
 */
export function createConnector({ connectTimeoutMs = 10_000 }: ConnectorOptions = {}): Connector {
  return buildConnector({ timeout: connectTimeoutMs, allowH2: false })
}
