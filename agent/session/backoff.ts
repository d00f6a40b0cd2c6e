// How long to wait before the next try. Full jitter, so that a thousand agents do not come back at the same instant.

import { type CloseReason, closeCodes, type Retry, SallyportError, times } from '@sallyport/protocol'
import { systemCode } from '../ports/files.ts'
import { isPassingTrouble } from '../ports/passing-trouble.ts'
import type { Random } from '../ports/random.ts'

/** How a try to hold a session ended. `reason` is undefined for a socket that broke without a word, or never was. */
export type SessionEnd = {
  readonly reason: CloseReason | undefined
  readonly retry: Retry
  readonly lastedMs: number
  /** Asked for by the plane's `leave`. */
  readonly backMs?: number
}

/** A socket that broke without a word, and a code of a newer version, have no row in the table. */
export function retryAfterClose(reason: CloseReason | undefined): Retry {
  return reason === undefined ? 'soon' : closeCodes[reason].retry
}

/**
 * Of a try that came to no session: what the customer must mend on this host does not mend itself, but for a session that could
 * not be counted because its file could not be written just then.
 */
export function retryAfterError(error: unknown): Retry {
  if (!(error instanceof SallyportError) || error.fault !== 'customer') return 'soon'
  // A disk that went bad under a running agent is made writable again without a restart of it.
  const isPassing = isPassingTrouble(error.cause) || systemCode(error.cause) === 'EROFS'
  return isPassing ? 'soon' : 'later'
}

export type Backoff = { next(end: Omit<SessionEnd, 'reason'>): number }

/** 1 s doubling to 60 s, reset only after a session has lasted; what needs a person first is tried every 15 minutes. */
export function createBackoff(random: Random): Backoff {
  let failures = 0
  return {
    next: ({ retry, lastedMs, backMs }) => {
      if (lastedMs >= times.lastedMs) failures = 0
      if (retry === 'later') return times.fatalRetryMs
      const ceiling = Math.min(times.backoffCapMs, times.backoffFirstMs * 2 ** Math.min(failures, 16))
      failures += 1
      // The frame is not signed, and nobody who changes it shall send the agent away for longer than a fatal code does.
      return Math.min(backMs ?? 0, times.fatalRetryMs) + Math.round(random.fraction() * ceiling)
    },
  }
}
