// What is kept no longer, in small steps, because everybody else waits while one is made.

import type { Store } from '../store.ts'
import type { Database } from './database.ts'
import type { KnownRuns } from './known-runs.ts'

type Named = { readonly id: string }

export function createRetention(database: Database, known: Pick<KnownRuns, 'forget'>): Store['retention'] {
  const ended = database.prepare<Named>(`
    SELECT id FROM runs WHERE finishedAt < :before AND pagesGone = 0 ORDER BY finishedAt LIMIT :limit`)
  const dropPages = database.prepare(`
    DELETE FROM pages WHERE rowid IN (SELECT rowid FROM pages WHERE run = :id LIMIT :limit)`)
  const markGone = database.prepare('UPDATE runs SET pagesGone = 1 WHERE id = :id')
  const dropRuns = database.prepare<Named>(`
    DELETE FROM runs WHERE id IN (
      SELECT id FROM runs WHERE finishedAt < :before AND pagesGone = 1 ORDER BY finishedAt LIMIT :limit) RETURNING id`)

  const dropPagesOf = (before: number, limit: number): number => {
    let droppedCount = 0
    for (const { id } of ended.all({ before, limit })) {
      droppedCount += dropPages.run({ id, limit: limit - droppedCount })
      if (droppedCount >= limit) break
      markGone.run({ id })
    }
    return droppedCount
  }
  return {
    dropPages: ({ before, limit }) => database.write(() => dropPagesOf(before, limit)),
    dropRuns: ({ before, limit }) =>
      database.write(() => {
        const dropped = dropRuns.all({ before, limit })
        for (const { id } of dropped) known.forget(id)
        return dropped.length
      }),
  }
}
