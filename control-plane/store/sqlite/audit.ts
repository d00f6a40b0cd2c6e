// The audit log in SQLite: entries are only ever added.

import type { AuditEntry, Store } from '../store.ts'
import type { Database } from './database.ts'

type AuditRow = Omit<AuditEntry, 'details'> & { readonly details: string }

/** Writes one entry within a write of the database. */
export function createInsertEntry(database: Database): (entry: AuditEntry) => void {
  const insert = database.prepare('INSERT INTO audit VALUES (NULL, ?, ?, ?, ?, ?)')
  return ({ at, actor, action, target, details }) =>
    void insert.run([at, actor, action, target, JSON.stringify(details)])
}

export function createAudit(database: Database): Store['audit'] {
  const insertEntry = createInsertEntry(database)
  const list = database.prepare<AuditRow>(
    'SELECT at, actor, action, target, details FROM audit ORDER BY place DESC LIMIT :limit',
  )
  return {
    add: (entry) => database.write(() => insertEntry(entry)),
    list: ({ limit }) =>
      database.read(() =>
        list.all({ limit }).map(({ details, ...entry }) => ({ ...entry, details: JSON.parse(details) })),
      ),
  }
}
