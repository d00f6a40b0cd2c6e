// How far apart calls start, learned from answers that said there were too many. JumpCloud publishes no figure.

import type { Clock } from '../ports/clock.ts'

const seconds = 1000
const observedMs = 2 * seconds
const longestRestMs = 60 * seconds
const longestSpacingMs = 5 * seconds
/** Below this a pace is not worth keeping. */
const shortestSpacingMs = 5

type Pace = {
  /** How long until a call may start; 0 or less is now. */
  waitMs(): number
  started(): void
  /** From now on 1.25 times as far apart as the calls that were too many. */
  slow(): void
  quicken(): void
  /** No call for so long; at most 60 s, so that one strange answer cannot stop a host for a day. */
  rest(forMs: number): void
}

/** Unpaced until the first `slow`. */
export function createPace(clock: Clock): Pace {
  const recent: number[] = []
  let spacingMs = 0
  let earliestAt = Number.NEGATIVE_INFINITY
  const forget = (nowMs: number) => {
    while ((recent[0] ?? nowMs) <= nowMs - observedMs) recent.shift()
  }

  return {
    waitMs: () => earliestAt - clock.monotonic(),
    started: () => {
      const nowMs = clock.monotonic()
      forget(nowMs)
      recent.push(nowMs)
      earliestAt = Math.max(earliestAt, nowMs + spacingMs)
    },
    slow: () => {
      const nowMs = clock.monotonic()
      forget(nowMs)
      const [first] = recent
      const gapMs = first === undefined ? 0 : (nowMs - first) / recent.length
      spacingMs = Math.min(longestSpacingMs, Math.max(spacingMs, gapMs, shortestSpacingMs) * 1.25)
    },
    quicken: () => {
      spacingMs = spacingMs * 0.8 < shortestSpacingMs ? 0 : spacingMs * 0.8
    },
    rest: (forMs) => {
      if (forMs > 0) earliestAt = Math.max(earliestAt, clock.monotonic() + Math.min(forMs, longestRestMs))
    },
  }
}
