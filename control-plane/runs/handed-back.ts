// Runs that a session handed back: it is spared them for a while, or the two would do nothing else. Others may have them at once.

export type HandedBack = {
  add(run: string, at: number): void
  has(run: string, at: number): boolean
}

const pauseMs = 10_000

/** `at` is by a clock that only goes forward. */
export function createHandedBack(): HandedBack {
  /** Oldest first. */
  const untilOf = new Map<string, number>()

  const forgetPast = (at: number) => {
    for (const [run, until] of untilOf) {
      if (until > at) return
      untilOf.delete(run)
    }
  }

  return {
    add: (run, at) => {
      forgetPast(at)
      untilOf.delete(run)
      untilOf.set(run, at + pauseMs)
    },
    has: (run, at) => (untilOf.get(run) ?? at) > at,
  }
}
