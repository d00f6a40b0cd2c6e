// The gate that agents dial: upgrades, the sessions that are open, and closing those that may no longer be.

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ConnectionState } from '@sallyport/protocol'

/** A replica that is connected, as it described itself last. */
export type SessionView = {
  readonly id: string
  readonly agent: string
  readonly replica: string
  readonly version: string
  readonly openedAt: number
  readonly jobs: readonly string[]
  readonly policy: string | null
  readonly connections: readonly ConnectionState[]
  readonly draining: boolean
  /** Runs that were given to it and are not finished. */
  readonly runCount: number
}

export type Gateway = {
  /** True where the path was the gateway's: the socket is then taken care of, whatever becomes of it. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean
  sessions(): readonly SessionView[]
  /** What peers sent that this version does not know, since the start. */
  ignored(): { readonly frameCount: number; readonly memberCount: number }
  /** Closes sessions of revoked replicas and disabled or deleted agents. Call it after changing one in this process. */
  review(): Promise<void>
  /** Tells every agent to come back after `backMs`, closes 1012, and waits for the sockets. */
  close(): Promise<void>
}
