// The one SQLite handle: opening, migrating, typed statements, and the queue of writes. What is asked for in one tick is
// committed in one transaction, because the sync to disk is the dear part of a commit.

import { closeSync, openSync } from 'node:fs'
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { type EndOfTurn, systemTurn } from '../../ports/turn.ts'
import { migrations } from './schema.ts'

type Values = Readonly<Record<string, SQLInputValue>>

export type Statement<Row> = {
  get(values?: Values): Row | undefined
  all(values?: Values): Row[]
  /** How many rows it changed. */
  run(values?: Values): number
}

export type Database = {
  prepare<Row>(sql: string): Statement<Row>
  /** Sees what is committed; a write of the same tick is not, yet. */
  read<Result>(work: () => Result): Promise<Result>
  /** Resolves after the commit. Work that throws is rolled back alone. */
  write<Result>(work: () => Result): Promise<Result>
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
  const queue = createWriteQueue(handle, defer)
  return {
    prepare: <Row>(sql: string) => prepare<Row>(handle, sql),
    read: async (work) => work(),
    write: queue.add,
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
    run: (values = {}) => Number(statement.run(values).changes),
  }
}

type Write = { attempt(isAlone: boolean): void; committed(): void; failed(error: unknown): void }

function createWriteQueue(handle: DatabaseSync, defer: EndOfTurn) {
  const begin = handle.prepare('BEGIN IMMEDIATE')
  const commitAll = handle.prepare('COMMIT')
  const inSavepoint = createSavepoint(handle)
  let waiting: Write[] = []

  const flush = () => {
    const writes = waiting
    waiting = []
    if (writes.length === 0) return
    try {
      begin.run()
      for (const write of writes) write.attempt(writes.length === 1)
      commitAll.run()
    } catch (error) {
      if (handle.isTransaction) handle.exec('ROLLBACK')
      for (const write of writes) write.failed(error)
      return
    }
    for (const write of writes) write.committed()
  }

  const add = <Result>(work: () => Result): Promise<Result> => {
    if (!handle.isOpen) return Promise.reject(new Error('write to the store: it is closed'))
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    let commit = () => {}
    const keep = (result: Result) => {
      commit = () => resolve(result)
    }
    if (waiting.length === 0) defer(flush)
    waiting.push({
      attempt(isAlone) {
        // A full disk ends the whole transaction; a savepoint would then begin one of its own.
        if (!handle.isTransaction) throw new Error('write to the store: SQLite rolled the transaction back')
        // What fails alone takes its transaction with it.
        if (isAlone) return keep(work())
        try {
          keep(inSavepoint(work))
        } catch (error) {
          reject(error)
        }
      },
      committed: () => commit(),
      failed: reject,
    })
    return promise
  }

  return { add, flush }
}

function createSavepoint(handle: DatabaseSync) {
  const save = handle.prepare('SAVEPOINT one')
  const release = handle.prepare('RELEASE one')
  return <Result>(work: () => Result): Result => {
    save.run()
    try {
      const result = work()
      release.run()
      return result
    } catch (error) {
      if (handle.isTransaction) handle.exec('ROLLBACK TO one; RELEASE one')
      throw error
    }
  }
}
