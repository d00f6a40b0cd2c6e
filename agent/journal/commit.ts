// Many changes in one transaction, because the sync to disk is the dear part of a commit; and one that fails does not take
// the others with it.

import type { DatabaseSync } from 'node:sqlite'
import { limits } from '@sallyport/protocol/limits'

/** What became of one change: committed, or undone with its error. */
export type Settled = { readonly error?: unknown }

/**
 * Commits all that can be, in order. A change that throws is undone alone; where SQLite undoes the whole transaction, as it
 * does when the disk is full, each change is tried again by itself.
 */
export function commitTogether(handle: DatabaseSync, changes: readonly (() => void)[]): readonly Settled[] {
  const begun = attempt(() => handle.exec('BEGIN IMMEDIATE'))
  if ('error' in begun) return changes.map(() => begun)
  let settled: readonly Settled[] = []
  const whole = attempt(() => {
    settled = changes.map((change) => inSavepoint(handle, change))
    handle.exec('COMMIT')
  })
  if (!('error' in whole)) return settled
  rollBack(handle)
  if (changes.length === 1) return [whole]
  return changes.flatMap((change) => commitTogether(handle, [change]))
}

/** Throws only where the transaction itself is gone. */
function inSavepoint(handle: DatabaseSync, change: () => void): Settled {
  handle.exec('SAVEPOINT one')
  const made = attempt(change)
  if (!handle.isTransaction) throw made.error ?? new Error('the transaction is gone')
  handle.exec('error' in made ? 'ROLLBACK TO one; RELEASE one' : 'RELEASE one')
  return made
}

/** What is read in one transaction fits together. */
export function readConsistently<Result>(handle: DatabaseSync, read: () => Result): Result {
  handle.exec('BEGIN')
  try {
    return read()
  } finally {
    rollBack(handle)
  }
}

/** A small write may find room where a page does not: undefined where a page would fit, else what says no. */
export function troubleWithRoom(handle: DatabaseSync): unknown {
  const fill = () => handle.exec(`REPLACE INTO meta VALUES ('probe', randomblob(${limits.pageBytes}))`)
  const empty = () => handle.exec("DELETE FROM meta WHERE name = 'probe'")
  return [fill, empty].flatMap((step) => commitTogether(handle, [step])).find(({ error }) => error)?.error
}

function rollBack(handle: DatabaseSync): void {
  if (handle.isTransaction) handle.exec('ROLLBACK')
}

function attempt(work: () => void): Settled {
  try {
    work()
    return {}
  } catch (error) {
    return { error }
  }
}
