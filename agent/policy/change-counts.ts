// What this replica has changed within the last hour: in memory, so that two runs never take the same room, and in the journal,
// so that a crash gives none back.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import type { CountedChange } from '../journal/counted-changes.ts'
import type { Journal } from '../journal/journal.ts'
import { type EarlierChange, hourMs } from './caps.ts'

export type ChangeCounts = {
  /** What an earlier process counted. Rejects with `journal_unavailable`, and is tried again by the next call. */
  load(): Promise<void>
  /** Those of the connection that were counted before those of this run; undefined while they are not loaded. */
  before(run: string, connection: string): readonly EarlierChange[] | undefined
  /** At once for whoever asks next, and durable when it resolves: nothing may be sent before that. */
  add(changes: readonly CountedChange[]): Promise<void>
  /** A run has ended, and sent so many at most. */
  lower(run: string, count: number): Promise<void>
}

/** `since` and `until` number what happened here; whatever an earlier process did is over. */
type Counted = { readonly change: CountedChange; readonly since: number; readonly until: number }

const longAgo = { since: 0, until: 0 }

export function createChangeCounts(journal: Pick<Journal, 'counted' | 'count' | 'lowerCount'>): ChangeCounts {
  let counted: readonly Counted[] | undefined
  let last = 0
  let loading: Promise<readonly CountedChange[]> | undefined
  const load = async () => {
    if (counted !== undefined) return
    loading ??= journal.counted().finally(() => {
      loading = undefined
    })
    const found = await loading
    counted ??= found.map((change) => ({ change, ...longAgo }))
  }

  return {
    load,
    before: (run, connection) => {
      if (counted === undefined) return undefined
      const own = counted.findIndex(({ change }) => change.run === run)
      const now = counted[own]?.since ?? last
      return counted
        .slice(0, own < 0 ? counted.length : own)
        .filter(({ change }) => change.connection === connection)
        .map(({ change, until }) => (until <= now ? change : { ...change, isUnderWay: true }))
    },
    add: async (changes) => {
      if (counted === undefined) {
        throw new SallyportError('journal_unavailable', 'count a change: it is not known what was counted before')
      }
      const oldest = Math.min(...changes.map(({ at }) => at)) - hourMs
      last += 1
      const begun = changes.map((change) => ({ change, since: last, until: Number.POSITIVE_INFINITY }))
      counted = [...counted.filter(({ change }) => change.at >= oldest), ...begun]
      await journal.count(changes, oldest)
    },
    lower: async (run, count) => {
      last += 1
      const until = last
      counted = counted?.map((one) => {
        const { change, since } = one
        if (change.run !== run) return one
        return { change: { ...change, count: Math.min(change.count, count) }, since, until }
      })
      await journal.lowerCount(run, count)
    },
  }
}
