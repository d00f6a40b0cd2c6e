// Keeps a session to the control plane, for ever. One loop owns it; others wake the loop by a named reason.

import type { CloseReason } from '@sallyport/protocol'
import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import { type Backoff, createBackoff, retryAfterError, type SessionEnd } from './backoff.ts'
import { holdSession, type OpenSession, type SessionOptions } from './session.ts'

/**
 *                    due                    opened
 *    waiting ─────────────▶ connecting ───────────▶ open
 *      ▲                        │ refused · unreachable  │ closed
 *      └────────────────────────┴────────────────────────┘
 *    stop, from any of them ──▶ stopped
 */
export type KeepState = 'waiting' | 'connecting' | 'open' | 'stopped'

const steps: Readonly<Record<KeepState, readonly KeepState[]>> = {
  waiting: ['connecting', 'stopped'],
  connecting: ['open', 'waiting', 'stopped'],
  open: ['waiting', 'stopped'],
  stopped: [],
}

/** `due`: the backoff is over. `stop`: for good. */
type Reason = 'due' | 'stop'

export type SessionKeeper = {
  readonly state: KeepState
  /** Since when there is a session, or none; in milliseconds since 1970. */
  readonly since: number
  /** The session that is open now. */
  readonly session: OpenSession | undefined
  /** Why the newest try ended, where one of the two ends said it; undefined before, and for a socket that broke or never was. */
  readonly endedBy: CloseReason | undefined
  /** What the newest `hello` said is out of date: its session ends, and the next one begins with what is true. */
  renew(): void
  /** Ends the session and the loop. May be called twice. */
  stop(): Promise<void>
}

export type KeepOptions = SessionOptions & {
  readonly random: Random
  readonly clock: Clock
  readonly log: Log
  /** A session is open: say what changed since its `hello`. */
  readonly onOpen: (session: OpenSession) => void
  /** There is a session, or none any more. */
  readonly onChange?: (() => void) | undefined
}

/** Starts the loop. It ends by `stop` alone, and never rejects. */
export function startSessionKeeper(options: KeepOptions): SessionKeeper {
  const { clock, log } = options
  const backoff: Backoff = createBackoff(options.random)
  const stopping = new AbortController()
  let state: KeepState = 'waiting'
  let since = clock.now()
  let session: OpenSession | undefined
  let endedBy: CloseReason | undefined
  /** The session that is not open yet has said what is no longer true. */
  let isOutdated = false
  let wake: (reason: Reason) => void = () => {}

  const become = (next: KeepState) => {
    if (!steps[state].includes(next)) throw new Error(`session keeper: no step from ${state} to ${next}`)
    const isChanged = (state === 'open') !== (next === 'open')
    state = next
    if (!isChanged) return
    since = clock.now()
    options.onChange?.()
  }

  const woken = async (ms: number): Promise<Reason> => {
    const over = new AbortController()
    const reason = await new Promise<Reason>((resolve) => {
      wake = resolve
      if (stopping.signal.aborted) resolve('stop')
      if (ms === 0) resolve('due')
      clock.sleep(ms, over.signal).then(
        () => resolve('due'),
        () => {},
      )
    })
    over.abort()
    return reason
  }

  const introduce = () => {
    isOutdated = false
    return options.introduce()
  }

  const attempt = async (): Promise<SessionEnd> => {
    const opened = (open: OpenSession) => {
      session = open
      become('open')
      options.onOpen(open)
      if (isOutdated) open.close('bye')
    }
    try {
      return await holdSession({ ...options, introduce }, opened, stopping.signal)
    } catch (error) {
      if (!stopping.signal.aborted) log.warn('session.failed', { error })
      return { reason: undefined, retry: retryAfterError(error), lastedMs: 0 }
    } finally {
      session = undefined
    }
  }

  const loop = async () => {
    let waitMs = 0
    while ((await woken(waitMs)) !== 'stop') {
      become('connecting')
      const end = await attempt()
      endedBy = end.reason
      waitMs = backoff.next(end)
      if (stopping.signal.aborted) break
      become('waiting')
      log.info('session.waiting', { waitMs })
    }
    become('stopped')
  }
  const ended = loop()

  return {
    get state() {
      return state
    },
    get since() {
      return since
    },
    get session() {
      return session
    },
    get endedBy() {
      return endedBy
    },
    renew: () => {
      isOutdated = true
      session?.close('bye')
    },
    stop: async () => {
      stopping.abort(new Error('the agent is stopping'))
      wake('stop')
      await ended
    },
  }
}
