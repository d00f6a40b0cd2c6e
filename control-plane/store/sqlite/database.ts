// The one SQLite handle: opening, migrating and typed statements. What is written in one turn is committed together, because the
// sync to disk is the dear part of a commit.

import { closeSync, openSync } from 'node:fs'
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { type EndOfTurn, systemTurn } from '../../ports/turn.ts'
import { createRecollection } from './recollection.ts'
import { migrations } from './schema.ts'
import { createWriteQueue } from './write-queue.ts'

type Named = Readonly<Record<string, SQLInputValue>>

export type Statement<Row> = {
  get(values?: Named): Row | undefined
  all(values?: Named): Row[]
  /** How many rows it changed. Values in the order in which the statement asks for them cost it a third. */
  run(values?: Named | readonly SQLInputValue[]): number
}

export type Database = {
  prepare<Row>(sql: string): Statement<Row>
  /** Sees what is committed; a write of the same tick is not, yet, nor what another process commits in this turn. */
  read<Result>(work: () => Result): Promise<Result>
  /** Resolves after the commit. Work that throws is rolled back alone. */
  write<Result>(work: () => Result): Promise<Result>
  /** Something is kept of the tables in memory: `forget` is called where that may no longer be what they hold. */
  remembers(forget: () => void): void
  /** Changes when another process wrote. */
  version(): Promise<number>
  close(): Promise<void>
}

export type OpenOptions = {
  /** Of the file, made with mode 0600 where it is new; or `:memory:`. */
  readonly path: string
  /** When the queue of writes is committed; by default after the events of this turn of the loop. */
  readonly defer?: EndOfTurn
}

const busyMs = 5000

/** Throws an `Error` that names the file where it cannot be opened or was written by a newer version. */
export async function openDatabase({ path, defer = systemTurn }: OpenOptions): Promise<Database> {
  const { DatabaseSync } = await import('node:sqlite')
  // SQLite gives its -wal and -shm files the mode of this one.
  if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600))
  const handle = new DatabaseSync(path, { timeout: busyMs })
  handle.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
  migrate(handle, path)
  const recollection = createRecollection(handle, defer)
  const queue = createWriteQueue({ handle, defer, recollection })
  return {
    prepare: <Row>(sql: string) => prepare<Row>(handle, sql),
    read: async (work) => {
      recollection.refreshOnce()
      return work()
    },
    write: queue.add,
    remembers: recollection.remembers,
    version: async () => recollection.refresh(),
    async close() {
      queue.flush()
      if (handle.isOpen) handle.close()
    },
  }
}

function migrate(handle: DatabaseSync, path: string): void {
  handle.exec('BEGIN IMMEDIATE')
  try {
    const version = Number(handle.prepare('PRAGMA user_version').get()?.user_version)
    if (version > migrations.length) {
      throw new Error(
        `open the store ${path}: it is of version ${version}, this program knows ${migrations.length}. Use the newer program.`,
      )
    }
    for (const step of migrations.slice(version)) handle.exec(step)
    handle.exec(`PRAGMA user_version = ${migrations.length}`)
    handle.exec('COMMIT')
  } catch (error) {
    handle.exec('ROLLBACK')
    handle.close()
    throw error
  }
}

function prepare<Row>(handle: DatabaseSync, sql: string): Statement<Row> {
  const statement = handle.prepare(sql)
  statement.setAllowUnknownNamedParameters(true)
  return {
    // Rows are what our own statements wrote into STRICT tables: the caller names the columns that it selects.
    get: (values = {}) => statement.get(values) as Row | undefined,
    all: (values = {}) => statement.all(values) as Row[],
    run: (values = {}) => Number((isInOrder(values) ? statement.run(...values) : statement.run(values)).changes),
  }
}

function isInOrder(values: Named | readonly SQLInputValue[]): values is readonly SQLInputValue[] {
  return Array.isArray(values)
}
