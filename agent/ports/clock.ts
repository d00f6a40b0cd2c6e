// Time as a value that is passed in. The only door to the clocks and timers of the process.

import { setTimeout as delay } from 'node:timers/promises'

export type Clock = {
  /** The wall clock, in milliseconds since 1970. It may jump. */
  now(): number
  /** A clock that only goes forward, in milliseconds since some start. Measure spans with this one. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `then` once after `ms`; what it returns calls that off. For time-outs, which are nearly always called off: an aborted sleep costs thirty times as much. */
  after(ms: number, then: () => void): () => void
}

/** The longest that a timer of Node can wait, about 24 days; what is longer it would not wait for at all. */
const longestMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    signal?.throwIfAborted()
    await delay(Math.min(ms, longestMs), undefined, signal ? { signal } : {}).catch((error: unknown) => {
      throw signal?.reason ?? error
    })
  },
  after: (ms, then) => {
    const timer = setTimeout(then, Math.min(ms, longestMs))
    return () => clearTimeout(timer)
  },
}
