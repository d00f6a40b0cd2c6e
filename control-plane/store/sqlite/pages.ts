// Pages in SQLite: each stored once per run, attempt and number, and counted on its run in the same step.

import type { Page, Run } from '../../runs/run.ts'
import type { Store } from '../store.ts'
import type { Database } from './database.ts'

type Progress = Pick<Run, 'attempt' | 'pageCount' | 'finishedAt'>

export const insertPage = 'INSERT INTO pages VALUES (:run, :attempt, :seq, :rows, :rowCount)'

export function createPages(database: Database): Store['pages'] {
  const progress = database.prepare<Progress>('SELECT attempt, pageCount, finishedAt FROM runs WHERE id = :run')
  const same = database.prepare<{ same: number }>(
    'SELECT rows = :rows AS same FROM pages WHERE run = :run AND attempt = :attempt AND seq = :seq',
  )
  const insert = database.prepare(insertPage)
  const count = database.prepare(
    'UPDATE runs SET pageCount = pageCount + 1, rowCount = rowCount + :rowCount WHERE id = :run',
  )
  const rowCounts = database.prepare<{ rowCount: number }>(
    'SELECT rowCount FROM pages WHERE run = :run AND attempt = :attempt ORDER BY seq',
  )
  const list = database.prepare<Page>(`
    SELECT * FROM pages WHERE run = :run AND attempt = :attempt AND seq >= :from ORDER BY seq LIMIT :limit`)

  const add = (page: Page) => {
    const { run, attempt, seq, rows, rowCount } = page
    const known = progress.get({ run })
    if (known === undefined || known.attempt !== attempt) return 'stale'
    if (seq < known.pageCount) return same.get({ run, attempt, seq, rows })?.same === 1 ? 'stored' : 'gap'
    if (known.finishedAt !== null) return 'stale'
    if (seq > known.pageCount) return 'gap'
    insert.run(page)
    count.run({ run, rowCount })
    return 'stored'
  }

  return {
    add: (page) => database.write(() => add(page)),
    rowCounts: (run, attempt) => database.read(() => rowCounts.all({ run, attempt }).map(({ rowCount }) => rowCount)),
    list: (run, attempt, listing) => database.read(() => list.all({ run, attempt, ...listing })),
  }
}
