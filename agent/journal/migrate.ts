// Brings a journal to the version of this release: up from older ones, and down from the one release after this one, by
// the SQL that the later release left in the file. What the tables are is the schema's business.

import type { DatabaseSync } from 'node:sqlite'
import { SallyportError } from '@sallyport/protocol/sallyport-error'

/** `down` undoes `up` with nothing but SQL, because the release that runs it does not know `up`. */
export type Migration = { readonly up: string; readonly down: string }

/**
 * Does all of it or nothing. Throws `configuration_invalid`, and has touched nothing, where the file is more than one
 * release newer.
 */
export function migrate(handle: DatabaseSync, migrations: readonly Migration[], path: string): void {
  const known = migrations.length
  const found = versionOf(handle)
  if (found === known) return
  if (found > known + 1) {
    throw new SallyportError(
      'configuration_invalid',
      `open the journal ${path}: it is of version ${found}, and this release reads up to ${known + 1}. Use the newer release, or go back one release at a time; the file was not changed.`,
    )
  }
  handle.exec('BEGIN IMMEDIATE')
  try {
    if (found > known) goDown(handle, found)
    else goUp(handle, migrations, found)
    handle.exec(`PRAGMA user_version = ${known}`)
    handle.exec('COMMIT')
  } catch (error) {
    if (handle.isTransaction) handle.exec('ROLLBACK')
    throw error
  }
}

/** This table is read by the release before: its form never changes. */
const table = 'CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, down TEXT NOT NULL) STRICT'

function goUp(handle: DatabaseSync, migrations: readonly Migration[], from: number): void {
  handle.exec(table)
  const remember = handle.prepare('INSERT INTO migrations VALUES (?, ?)')
  for (const [index, { up, down }] of migrations.entries()) {
    if (index < from) continue
    handle.exec(up)
    remember.run(index + 1, down)
  }
}

function goDown(handle: DatabaseSync, version: number): void {
  const down = handle.prepare('SELECT down FROM migrations WHERE version = ?').get(version)?.down
  if (typeof down !== 'string') throw new Error(`migrate the journal: version ${version} left no way back`)
  handle.exec(down)
  handle.prepare('DELETE FROM migrations WHERE version = ?').run(version)
}

/** 0 where nothing was ever made. */
export function versionOf(handle: DatabaseSync): number {
  return Number(handle.prepare('PRAGMA user_version').get()?.user_version)
}
