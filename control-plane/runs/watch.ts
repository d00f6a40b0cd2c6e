// Follows one run from its pages in the store to its last line. A page is read only when the rows before it were taken.

import { SallyportError } from '@sallyport/protocol'
import type { Store } from '../store/store.ts'
import type { FreshPage, Page, Run } from './run.ts'
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
  let fresh: FreshPage | undefined
  using _ = onAbort(signal, () => waker.wake(id))
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
    // Of the run as it was read: one that ended has no more pages, and one that goes on is read again.
    while (place.page < run.pageCount) {
      const rows = await nextRows(store, { run, place, fresh })
      if (rows === undefined && run.finishedAt !== null) throw pagesGone(run)
      if (rows === undefined) break
      for (const row of rows) {
        yield { type: 'row', seq: place.row, row }
        place.row += 1
      }
    }
    const last = finalLine(run)
    if (last !== undefined) return yield last
    fresh = await sleeper.woken
  }
}

function onAbort(signal: AbortSignal | undefined, act: () => void): Disposable {
  signal?.addEventListener('abort', act)
  return { [Symbol.dispose]: () => signal?.removeEventListener('abort', act) }
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

type Reading = { readonly run: Run; readonly place: Place; readonly fresh: FreshPage | undefined }

/** Those of the next page that are wanted; `fresh` may be that page. Undefined where the run is gone. */
async function nextRows(
  store: Pick<Store, 'pages'>,
  { run, place, fresh }: Reading,
): Promise<readonly unknown[] | undefined> {
  const { attempt, page: seq, pageRow } = place
  const isNext = fresh?.attempt === attempt && fresh.seq === seq
  const page = isNext ? fresh : (await store.pages.list(run.id, attempt, { from: seq, limit: 1 }))[0]
  if (page === undefined) return undefined
  place.page += 1
  place.pageRow += page.rowCount
  if (seq < place.firstPage || place.row >= place.pageRow) return []
  place.row = Math.max(place.row, pageRow)
  const rows = isNext ? fresh.parsed : parseRows(page)
  return place.row === pageRow ? rows : rows.slice(place.row - pageRow)
}

function pagesGone({ id, finishedAt }: Run): SallyportError {
  const at = new Date(finishedAt ?? 0).toISOString()
  const message = `watch the run ${id}: it ended at ${at}, and its pages are kept no longer. Ask again, with a new run.`
  return new SallyportError('pages_gone', message)
}

function parseRows(page: Page): readonly unknown[] {
  const rows: unknown = JSON.parse(page.rows)
  return Array.isArray(rows) ? rows : []
}
