// Time that leaps: whoever sleeps is woken at once, and time has passed. Sleeps that bound something else (a time-out) are
// named, and only end when leaps or the test have brought time that far.

import { times } from '@sallyport/protocol/limits'
import { firstLookMs } from '../../agent/jumpcloud/verify.ts'
import type { Clock } from '../../agent/ports/clock.ts'

export type LeapingClock = Clock & {
  /** Every sleep that was asked for, in order, in milliseconds. */
  readonly slept: readonly number[]
  advance(ms: number): void
}

const startAt = Date.parse('2026-03-04T05:06:07.123Z')

/** Sleeps of these lengths are bounds: of a request, and of looking whether a change is to be seen. */
const bounds: ReadonlySet<number> = new Set([times.callMs, times.readBackMs, firstLookMs])

type Sleeper = { readonly dueAt: number; readonly wake: () => void }

export function createLeapingClock(): LeapingClock {
  let passedMs = 0
  const slept: number[] = []
  const waiting = new Set<Sleeper>()
  const advance = (ms: number): void => {
    passedMs += ms
    for (const sleeper of [...waiting].filter(({ dueAt }) => dueAt <= passedMs)) sleeper.wake()
  }
  /** Whoever is due earlier is woken earlier, and has time to act on it. */
  const leapTo = (sleeper: Sleeper): void => {
    if (!waiting.has(sleeper)) return
    advance(Math.max(0, Math.min(...[...waiting].map(({ dueAt }) => dueAt)) - passedMs))
    setImmediate(leapTo, sleeper)
  }
  const after = (ms: number, then: () => void) => {
    slept.push(ms)
    const sleeper = { dueAt: passedMs + ms, wake: () => void (waiting.delete(sleeper) && then()) }
    waiting.add(sleeper)
    if (!bounds.has(ms)) setImmediate(leapTo, sleeper)
    return () => void waiting.delete(sleeper)
  }
  return {
    slept,
    advance,
    after,
    now: () => startAt + passedMs,
    monotonic: () => passedMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted()
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const callOff = after(ms, resolve)
      const giveUp = () => reject(signal?.reason)
      signal?.addEventListener('abort', giveUp, { once: true })
      try {
        await promise
      } finally {
        callOff()
        signal?.removeEventListener('abort', giveUp)
      }
    },
  }
}
