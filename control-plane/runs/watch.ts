// Follows one run from its pages in the store to its last line. A page is read only when the rows before it were taken.

import { SallyportError } from '@sallyport/protocol'
import type { Store } from '../store/store.ts'
import type { Page, Run } from './run.ts'
import type { Watch } from './runs.ts'
import { finalLine, type StreamLine } from './stream-line.ts'
import type { Waker } from './waker.ts'

type WatchOptions = { readonly store: Pick<Store, 'runs' | 'pages'>; readonly waker: Waker }

/**
 * Where the reader stands. `page`: the next one to read, whose first row is number `pageRow`. Rows before `row` are not wanted,
 * nor are pages before `firstPage`.
 */
type Place = { attempt: number; page: number; pageRow: number; row: number; firstPage: number }

export async function* watchRun({ store, waker }: WatchOptions, watch: Watch): AsyncGenerator<StreamLine> {
  const { run: id, signal } = watch
  const place: Place = { attempt: 0, ...begin }
  const stir = () => waker.wake(id)
  signal?.addEventListener('abort', stir)
  try {
    while (true) {
      signal?.throwIfAborted()
      using sleeper = waker.sleeper(id)
      const run = await store.runs.get(id)
      if (run === undefined) throw new SallyportError('run_unknown', `watch the run ${id.slice(0, 64)}: there is none.`)
      if (run.attempt !== place.attempt) {
        // Where to go on holds for the attempt that is there first: another one that takes over begins with its first row.
        Object.assign(place, await startOf(store, place.attempt === 0 ? watch : { run: id }, run))
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

const begin = { page: 0, pageRow: 0, row: 0, firstPage: 0 }

/** Past the pages that are there and not wanted, without reading them. */
async function startOf({ pages }: Pick<Store, 'pages'>, watch: Watch, { id, attempt }: Run): Promise<Place> {
  const { attempt: wanted = attempt, page: firstPage = 0 } = watch
  const row = firstPage === 0 ? (watch.from ?? 0) : 0
  if (wanted !== attempt || (row === 0 && firstPage === 0)) return { attempt, ...begin }
  const place = { attempt, ...begin, row, firstPage }
  for (const rowCount of await pages.rowCounts(id, attempt)) {
    if (place.page >= firstPage && place.pageRow + rowCount > row) break
    place.page += 1
    place.pageRow += rowCount
  }
  return place
}

/** Of the run as it was read: a run that ended has no more, and one that goes on is read again. */
async function* storedRows(store: Pick<Store, 'pages'>, run: Run, place: Place): AsyncGenerator<StreamLine> {
  while (place.page < run.pageCount) {
    const [page] = await store.pages.list(run.id, place.attempt, { from: place.page, limit: 1 })
    if (page === undefined) return
    const first = place.pageRow
    place.page += 1
    place.pageRow += page.rowCount
    if (page.seq < place.firstPage || place.row >= place.pageRow) continue
    place.row = Math.max(place.row, first)
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
