// Wakes whoever watches a run when something of it changed. What changed is read from the store; but a page that has just been
// stored is handed to one who waits for it, who then need not read and parse it again.

import type { FreshPage } from './run.ts'

export type Waker = {
  /** Ask before reading the store, so that no change falls in between. Dispose of it when nobody waits any more. */
  sleeper(run: string): Sleeper
  wake(run: string, page?: FreshPage): void
  wakeAll(): void
}

export type Sleeper = Disposable & {
  /** Resolves at the next change; with the page that was it, where no other sleeper got that: its rows are then the reader's. */
  readonly woken: Promise<FreshPage | undefined>
}

type Rise = (page: FreshPage | undefined) => void

export function createWaker(): Waker {
  const sleeping = new Map<string, Set<Rise>>()

  const wake = (run: string, page?: FreshPage) => {
    const [first, ...others] = sleeping.get(run) ?? []
    sleeping.delete(run)
    first?.(page)
    for (const rise of others) rise(undefined)
  }

  const sleeper = (run: string): Sleeper => {
    const { promise: woken, resolve: rise } = Promise.withResolvers<FreshPage | undefined>()
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
