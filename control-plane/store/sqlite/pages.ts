// Pages in SQLite: each stored once per run, attempt and number, and counted on its run in the same step.

import type { Page } from '../../runs/run.ts'
import type { Store } from '../store.ts'
import type { Database } from './database.ts'
import type { KnownRuns } from './known-runs.ts'

/** Writes one page within a write of the database. */
export function createInsertPage(database: Database): (page: Page) => void {
  const insert = database.prepare('INSERT INTO pages VALUES (?, ?, ?, ?, ?)')
  return ({ run, attempt, seq, rows, rowCount }) => void insert.run([run, attempt, seq, rows, rowCount])
}

export function createPages(database: Database, known: KnownRuns): Store['pages'] {
  const insertPage = createInsertPage(database)
  const same = database.prepare<{ same: number }>(
    'SELECT rows = :rows AS same FROM pages WHERE run = :run AND attempt = :attempt AND seq = :seq',
  )
  const rowCounts = database.prepare<{ rowCount: number }>(
    'SELECT rowCount FROM pages WHERE run = :run AND attempt = :attempt ORDER BY seq',
  )
  const list = database.prepare<Page>(`
    SELECT * FROM pages WHERE run = :run AND attempt = :attempt AND seq >= :from ORDER BY seq LIMIT :limit`)

  const add = (page: Page) => {
    const { run: id, attempt, seq, rows, rowCount } = page
    const run = known.get(id)
    if (run === undefined || run.attempt !== attempt) return 'stale'
    if (seq < run.pageCount) return same.get({ run: id, attempt, seq, rows })?.same === 1 ? 'stored' : 'gap'
    if (run.finishedAt !== null) return 'stale'
    if (seq > run.pageCount) return 'gap'
    insertPage(page)
    known.change({ ...run, pageCount: seq + 1, rowCount: run.rowCount + rowCount })
    return 'stored'
  }

  return {
    add: (page) => database.write(() => add(page)),
    rowCounts: (run, attempt) => database.read(() => rowCounts.all({ run, attempt }).map(({ rowCount }) => rowCount)),
    list: (run, attempt, listing) => database.read(() => list.all({ run, attempt, ...listing })),
  }
}
