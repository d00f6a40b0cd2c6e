// Wakes whoever watches a run when something of it changed. It carries no news: those are read from the store.

export type Waker = {
  /** Ask before reading the store, so that no change falls in between. Dispose of it when nobody waits any more. */
  sleeper(run: string): Sleeper
  wake(run: string): void
  wakeAll(): void
}

export type Sleeper = Disposable & {
  /** Resolves at the next change. */
  readonly woken: Promise<void>
}

export function createWaker(): Waker {
  const sleeping = new Map<string, Set<() => void>>()

  const wake = (run: string) => {
    const waking = sleeping.get(run)
    sleeping.delete(run)
    for (const rise of waking ?? []) rise()
  }

  const sleeper = (run: string): Sleeper => {
    const { promise: woken, resolve: rise } = Promise.withResolvers<void>()
    const others = sleeping.get(run) ?? new Set()
    sleeping.set(run, others.add(rise))
    const dispose = () => {
      others.delete(rise)
      if (others.size === 0 && sleeping.get(run) === others) sleeping.delete(run)
    }
    return { woken, [Symbol.dispose]: dispose }
  }

  return {
    sleeper,
    wake,
    wakeAll: () => {
      for (const run of [...sleeping.keys()]) wake(run)
    },
  }
}
