// Owns the simulator's only view of time: an instant to read and a way to be called later.
// It does not know what is being waited for.

export interface SimulatorClock {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Calls `run` once after `ms`; the returned function calls it off. */
  readonly after: (ms: number, run: () => void) => () => void
}

export const systemClock: SimulatorClock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

export interface Timers {
  readonly after: (ms: number, run: () => void) => void
  readonly wait: (ms: number) => Promise<void>
  readonly cancelAll: () => void
}

/** Timers that can all be called off together, so that an ended simulator leaves none behind. */
export function createTimers(clock: SimulatorClock): Timers {
  const pending = new Set<() => void>()
  const after = (ms: number, run: () => void): void => {
    const cancel = clock.after(ms, () => {
      pending.delete(cancel)
      run()
    })
    pending.add(cancel)
  }
  return {
    after,
    wait: (ms) => new Promise((resolve) => after(ms, resolve)),
    cancelAll: () => {
      for (const cancel of pending) cancel()
      pending.clear()
    },
  }
}
