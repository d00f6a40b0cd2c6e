// The time of the machine, which a test may push on: whoever sleeps that long is woken, and everybody else sleeps on.

import type { Clock } from '../../control-plane/ports/clock.ts'

export type PushedClock = Clock & {
  /** How far it is ahead of `machine`. */
  readonly aheadMs: number
  push(ms: number): void
}

/** What is pushed at once: far less than anybody who is there may be silent. */
export const pushMs = 2000

export function createPushedClock(machine: Clock, beginsAheadMs = 0): PushedClock {
  let aheadMs = beginsAheadMs
  let pushed = new AbortController()
  const monotonic = () => machine.monotonic() + aheadMs

  return {
    get aheadMs() {
      return aheadMs
    },
    now: () => machine.now() + aheadMs,
    monotonic,
    sleep: async (ms, signal) => {
      const dueAt = monotonic() + ms
      do {
        const woken = AbortSignal.any([pushed.signal, ...(signal === undefined ? [] : [signal])])
        await machine.sleep(Math.max(0, dueAt - monotonic()), woken).catch(() => signal?.throwIfAborted())
      } while (monotonic() < dueAt)
    },
    push: (ms) => {
      aheadMs += ms
      pushed.abort()
      pushed = new AbortController()
    },
  }
}
