// The JumpCloud of one connection: what the agent makes once, and of which every run gets a lane. It puts the parts together.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { Agent } from 'undici'
import type { Connector } from '../egress/connector.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Access } from './access.ts'
import { createBudget } from './budget.ts'
import { Governor, type Lane } from './governor.ts'
import { type LaneRecords, openLane } from './open-lane.ts'
import type { CallLog, OnCalled } from './perform.ts'
import type { JumpCloudLane } from './port.ts'
import { type BaseUrls, baseUrlsOf, type Region } from './regions.ts'
import type { RetryWait } from './retry.ts'
import { createFetchToken, type FetchToken } from './token.ts'

export type JumpCloudSettings = {
  /** Exactly one of region and base URLs. */
  readonly region?: Region | undefined
  readonly baseUrls?: BaseUrls | undefined
  readonly organisationId?: string | undefined
  /** The most calls at once toward one host; 10 if left out. */
  readonly concurrency?: number | undefined
  /** The most requests within an hour; no limit if left out. */
  readonly requestsPerHour?: number | undefined
}

export type JumpCloudOptions = {
  readonly settings: JumpCloudSettings
  /** Of lanes that are given none of their own. */
  readonly access: Access
  /** Names the product to JumpCloud: `sallyport/0.1.0`. */
  readonly userAgent: string
  readonly clock: Clock
  readonly random: Random
  /** Default: `retryWaitMs`. */
  readonly retryWait?: RetryWait | undefined
  readonly connector: Connector
  /** How long a connection that nobody uses is kept, whatever the other end offers. Default: 30 s. */
  readonly idleMs?: number | undefined
  readonly log?: CallLog | undefined
  /** Called for each request that was sent by a lane that has no `onCalled` of its own. */
  readonly onCalled?: OnCalled | undefined
  /** Called when the requests of an hour are used up, with the instant at which there is room again. */
  readonly onBudgetSpent?: ((roomAt: number) => void) | undefined
}

/** Firewalls forget what is idle without a word, some after a minute, and what becomes of a change that is sent then nobody knows. */
const seconds = 1000
const longestIdleMs = 30 * seconds

export type JumpCloud = AsyncDisposable & {
  /**
   * JumpCloud for one run: its calls wait in this lane and end when `signal` is aborted, but for a change that was sent.
   */
  lane(lane: Lane, signal?: AbortSignal, records?: LaneRecords): JumpCloudLane
  /** A service account's secret traded for a token. */
  readonly fetchToken: FetchToken
  /** Requests sent by all lanes so far, repetitions included. */
  callCount(): number
}

/** Opens no connection before the first call. Disposing ends what is under way, changes too, and may be done twice. */
export function createJumpCloud(options: JumpCloudOptions): JumpCloud {
  const { settings, clock, random, retryWait, log, onCalled, access, userAgent } = options
  const closing = new AbortController()
  const dispatcher = new Agent({
    // Undici waits for a connection that is being made, also when nobody wants it any more.
    connect: (destination, callback) => options.connector({ ...destination, signal: closing.signal }, callback),
    allowH2: false,
    pipelining: 1,
    keepAliveMaxTimeout: options.idleMs ?? longestIdleMs,
  })
  const governors = {
    console: new Governor({ clock, ceiling: settings.concurrency }),
    api: new Governor({ clock, ceiling: settings.concurrency }),
  }
  const { organisationId, requestsPerHour } = settings
  const baseUrls = baseUrlsOf(settings)
  let callCount = 0
  const foundation = {
    ports: { dispatcher, clock, baseUrls, organisationId, userAgent },
    access,
    random,
    retryWait,
    budget: createBudget({ requestsPerHour, clock, onSpent: options.onBudgetSpent }),
    governors,
    log,
    onCalled,
    unsortable: new Set<string>(),
    closing: closing.signal,
    onSending: () => {
      callCount += 1
    },
  }

  return {
    fetchToken: createFetchToken({
      ...{ dispatcher, clock, random, retryWait, userAgent },
      oauthUrl: baseUrls.oauth,
      closing: closing.signal,
    }),
    lane: (lane, signal, records) => openLane(foundation, lane, { ...records, signal }),
    callCount: () => callCount,
    [Symbol.asyncDispose]: async () => {
      closing.abort(new SallyportError('attempt_lost', 'the connection to JumpCloud was closed: the agent is stopping'))
      for (const governor of Object.values(governors)) governor[Symbol.dispose]()
      await dispatcher.destroy()
    },
  }
}
