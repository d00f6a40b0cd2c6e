// Pages in SQLite: each stored once per run, attempt and number, and counted on its run in the same step.

import type { Page } from '../../runs/run.ts'
import type { PageSeal } from '../page-seal.ts'
import type { Store } from '../store.ts'
import type { Database } from './database.ts'
import type { KnownRuns } from './known-runs.ts'

/** Without a seal, rows lie as they came. */
export type PagesOptions = { readonly seal?: PageSeal | undefined }

/** As it lies in the table. */
type ClosedPage = Omit<Page, 'rows'> & { readonly rows: string | Uint8Array }

/** Writes one page within a write of the database. */
export function createInsertPage(database: Database, { seal }: PagesOptions): (page: Page) => void {
  const insert = database.prepare('INSERT INTO pages VALUES (?, ?, ?, ?, ?)')
  return (page) => {
    const { run, attempt, seq, rows, rowCount } = page
    insert.run([run, attempt, seq, seal === undefined ? rows : seal.close(page, rows), rowCount])
  }
}

export function createPages(database: Database, known: KnownRuns, { seal }: PagesOptions): Store['pages'] {
  const insertPage = createInsertPage(database, { seal })
  const opened = ({ rows, ...page }: ClosedPage): Page => {
    if (typeof rows === 'string') return { ...page, rows }
    if (seal === undefined)
      throw new Error(`open page ${page.seq} of run ${page.run}: it is closed, and there is no key`)
    return { ...page, rows: seal.open(page, rows) }
  }
  // At the start, and not at the first page that somebody asks for. Who has no key may read everything else.
  const newest = database.prepare<ClosedPage>('SELECT * FROM pages ORDER BY rowid DESC LIMIT 1').get()
  if (seal !== undefined && newest !== undefined) opened(newest)
  const one = database.prepare<ClosedPage>('SELECT * FROM pages WHERE run = :run AND attempt = :attempt AND seq = :seq')
  const isThere = (page: Page): boolean => {
    const { run, attempt, seq, rows } = page
    const found = one.get({ run, attempt, seq })
    return found !== undefined && opened(found).rows === rows
  }
  const rowCounts = database.prepare<{ rowCount: number }>(
    'SELECT rowCount FROM pages WHERE run = :run AND attempt = :attempt ORDER BY seq',
  )
  const list = database.prepare<ClosedPage>(`
    SELECT * FROM pages WHERE run = :run AND attempt = :attempt AND seq >= :from ORDER BY seq LIMIT :limit`)

  const add = (page: Page) => {
    const { run: id, attempt, seq, rowCount } = page
    const run = known.get(id)
    if (run === undefined || run.attempt !== attempt) return 'stale'
    if (seq < run.pageCount) return isThere(page) ? 'stored' : 'gap'
    if (run.finishedAt !== null) return 'stale'
    if (seq > run.pageCount) return 'gap'
    insertPage(page)
    known.change({ ...run, pageCount: seq + 1, rowCount: run.rowCount + rowCount })
    return 'stored'
  }

  return {
    add: (page) => database.write(() => add(page)),
    rowCounts: (run, attempt) => database.read(() => rowCounts.all({ run, attempt }).map(({ rowCount }) => rowCount)),
    list: (run, attempt, listing) => database.read(() => list.all({ run, attempt, ...listing }).map(opened)),
  }
}
