// Pages and runs are kept for as long as the configuration says, counted from the end of their run.

import type { Clock } from '../ports/clock.ts'
import { everyInterval } from '../ports/every-interval.ts'
import type { Log } from '../ports/log.ts'
import type { Store } from './store.ts'

export type Keep = {
  readonly pagesMs: number
  /** What is known of a run besides its pages; at least as long. */
  readonly runsMs: number
}

type Purging = {
  readonly store: Pick<Store, 'retention'>
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  readonly log: Log
  readonly keep: Keep
}

const lookMs = 60_000
/** In one transaction: a page is up to 256 KiB, and everybody else waits. */
const stepCount = 20

/** Looks every minute, until it is disposed. */
export function startPurge(options: Purging): AsyncDisposable {
  const closing = new AbortController()
  const { clock, log } = options
  const over = everyInterval({ clock, ms: lookMs, signal: closing.signal }, () =>
    purge(options, closing.signal).catch((error: unknown) => log.error('store.purge_failed', { error })),
  )
  return {
    async [Symbol.asyncDispose]() {
      closing.abort()
      await over
    },
  }
}

async function purge({ store, clock, log, keep }: Purging, signal: AbortSignal): Promise<void> {
  const drop = async (step: (asked: { before: number; limit: number }) => Promise<number>, ms: number) => {
    const before = clock.now() - ms
    for (let sum = 0; ; ) {
      const count = await step({ before, limit: stepCount })
      sum += count
      if (count < stepCount || signal.aborted) return sum
    }
  }
  const pageCount = await drop(store.retention.dropPages, keep.pagesMs)
  const runCount = await drop(store.retention.dropRuns, Math.max(keep.runsMs, keep.pagesMs))
  if (pageCount + runCount > 0) log.info('store.purged', { pageCount, runCount })
}
