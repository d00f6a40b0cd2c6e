// Owns time that stands still until a test moves it.

import type { SimulatorClock } from './clock.ts'

export interface ManualClock extends SimulatorClock {
  /** Moves time and calls everything that came due, in order. */
  readonly advance: (ms: number) => void
  readonly pendingCount: () => number
}

export const MANUAL_CLOCK_START_AT = Date.parse('2026-03-04T05:06:07.123Z')

export function createManualClock(startAt = MANUAL_CLOCK_START_AT): ManualClock {
  let now = startAt
  const pending = new Set<{ readonly dueAt: number; readonly run: () => void }>()
  return {
    now: () => now,
    after: (ms, run) => {
      const timer = { dueAt: now + ms, run }
      pending.add(timer)
      return () => pending.delete(timer)
    },
    advance: (ms) => {
      now += ms
      const due = [...pending].filter(({ dueAt }) => dueAt <= now).sort((left, right) => left.dueAt - right.dueAt)
      for (const timer of due) if (pending.delete(timer)) timer.run()
    },
    pendingCount: () => pending.size,
  }
}
