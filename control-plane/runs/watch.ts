// Follows one run from its pages in the store to its last line. A page is read only when the rows before it were taken.

import { SallyportError } from '@sallyport/protocol'
import type { Store } from '../store/store.ts'
import type { Page, Run } from './run.ts'
import type { Watch } from './runs.ts'
import { finalLine, type StreamLine } from './stream-line.ts'
import type { Waker } from './waker.ts'

type WatchOptions = { readonly store: Pick<Store, 'runs' | 'pages'>; readonly waker: Waker }

/** Where the reader stands: `row` is the number of the next row that it wants, `page` of the next page to read. */
type Place = { attempt: number; page: number; pageRow: number; row: number }

export async function* watchRun({ store, waker }: WatchOptions, watch: Watch): AsyncGenerator<StreamLine> {
  const { run: id, signal } = watch
  const place: Place = { attempt: 0, page: 0, pageRow: 0, row: 0 }
  const stir = () => waker.wake(id)
  signal?.addEventListener('abort', stir)
  try {
    while (true) {
      signal?.throwIfAborted()
      using sleeper = waker.sleeper(id)
      const run = await store.runs.get(id)
      if (run === undefined) throw new SallyportError('run_unknown', `watch the run ${id.slice(0, 64)}: there is none.`)
      if (run.attempt !== place.attempt) {
        Object.assign(place, startOf(watch, run.attempt))
        yield { type: 'attempt', attempt: run.attempt }
      }
      yield* storedRows(store, run, place)
      const last = finalLine(run)
      if (last !== undefined) return yield last
      await sleeper.woken
    }
  } finally {
    signal?.removeEventListener('abort', stir)
  }
}

function startOf({ attempt: wanted, from = 0 }: Watch, attempt: number): Place {
  return { attempt, page: 0, pageRow: 0, row: wanted === undefined || wanted === attempt ? from : 0 }
}

/** Of the run as it was read: a run that ended has no more, and one that goes on is read again. */
async function* storedRows(store: Pick<Store, 'pages'>, run: Run, place: Place): AsyncGenerator<StreamLine> {
  while (place.page < run.pageCount) {
    const [page] = await store.pages.list(run.id, place.attempt, { from: place.page, limit: 1 })
    if (page === undefined) return
    const first = place.pageRow
    place.page += 1
    place.pageRow += page.rowCount
    if (place.row >= place.pageRow) continue
    for (const row of rowsFrom(page, place.row - first)) {
      yield { type: 'row', seq: place.row, row }
      place.row += 1
    }
  }
}

function rowsFrom(page: Page, skipCount: number): readonly unknown[] {
  const rows: unknown = JSON.parse(page.rows)
  return Array.isArray(rows) ? rows.slice(skipCount) : []
}
