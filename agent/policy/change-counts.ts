// What this replica has changed within the last hour: in memory, so that two runs never take the same room, and in the journal,
// so that a crash gives none back.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import type { CountedChange } from '../journal/counted-changes.ts'
import type { Journal } from '../journal/journal.ts'
import { hourMs } from './caps.ts'

export type ChangeCounts = {
  /** What an earlier process counted. Rejects with `journal_unavailable`, and is tried again by the next call. */
  load(): Promise<void>
  /** Those of the connection that were counted before those of this run; undefined while they are not loaded. */
  before(run: string, connection: string): readonly CountedChange[] | undefined
  /** At once for whoever asks next, and durable when it resolves: nothing may be sent before that. */
  add(changes: readonly CountedChange[]): Promise<void>
  /** A run has ended, and sent so many at most. */
  lower(run: string, count: number): Promise<void>
}

export function createChangeCounts(journal: Pick<Journal, 'counted' | 'count' | 'lowerCount'>): ChangeCounts {
  let counted: CountedChange[] | undefined
  let loading: Promise<readonly CountedChange[]> | undefined
  const load = async () => {
    if (counted !== undefined) return
    loading ??= journal.counted().finally(() => {
      loading = undefined
    })
    const found = await loading
    counted ??= [...found]
  }

  return {
    load,
    before: (run, connection) => {
      if (counted === undefined) return undefined
      const own = counted.findIndex((one) => one.run === run)
      return counted.slice(0, own < 0 ? counted.length : own).filter((one) => one.connection === connection)
    },
    add: async (changes) => {
      if (counted === undefined) {
        throw new SallyportError('journal_unavailable', 'count a change: it is not known what was counted before')
      }
      const oldest = Math.min(...changes.map(({ at }) => at)) - hourMs
      counted = [...counted.filter(({ at }) => at >= oldest), ...changes]
      await journal.count(changes, oldest)
    },
    lower: async (run, count) => {
      counted = counted?.map((one) => (one.run === run ? { ...one, count: Math.min(one.count, count) } : one))
      await journal.lowerCount(run, count)
    },
  }
}
