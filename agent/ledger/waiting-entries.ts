// Entries that wait to be written, bounded: while the ledger cannot be written they stay here, and of those that reads make
// only so many.

import type { Dated } from './compose.ts'
import { type Entry, isOfChange } from './entry.ts'

export type WaitingEntries = {
  add(entry: Entry, at: number): void
  /** All of them, and where some were left out, an entry that says how many. */
  take(): readonly Dated[]
}

export const waitingCount = 20_000

/** `cap`: what is more is left out and counted, unless it is of a change. */
export function createWaitingEntries(cap = waitingCount): WaitingEntries {
  let waiting: Dated[] = []
  let gap: { count: number; readonly fromAt: number } | undefined
  return {
    add: (entry, at) => {
      if (waiting.length < cap || isOfChange(entry)) return void waiting.push({ entry, at })
      gap ??= { count: 0, fromAt: at }
      gap.count += 1
    },
    take: () => {
      const taken = waiting
      waiting = []
      if (gap === undefined) return taken
      const { count, fromAt } = gap
      gap = undefined
      taken.push({ entry: { kind: 'ledger.gap', count, fromAt: new Date(fromAt).toISOString() }, at: fromAt })
      return taken
    },
  }
}
