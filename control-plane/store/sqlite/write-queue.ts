// The queue of writes: what is asked for in one turn is committed in one transaction.

import type { DatabaseSync } from 'node:sqlite'
import type { EndOfTurn } from '../../ports/turn.ts'
import type { Recollection } from './recollection.ts'

export type WriteQueue = {
  /** Resolves after the commit. Work that throws is rolled back alone; it may be done twice, the first time in vain. */
  add<Result>(work: () => Result): Promise<Result>
  /** Commits what waits, now. */
  flush(): void
}

type QueueOptions = {
  readonly handle: DatabaseSync
  readonly defer: EndOfTurn
  readonly recollection: Recollection
}

type Write = { attempt(): void; committed(): void; failed(error: unknown): void }

export function createWriteQueue({ handle, defer, recollection }: QueueOptions): WriteQueue {
  const transaction = createTransaction(handle, recollection)
  let waiting: Write[] = []

  const flush = () => {
    const writes = waiting
    waiting = []
    if (writes.length === 0) return
    try {
      transaction(writes)
    } catch (error) {
      for (const write of writes) write.failed(error)
      return
    }
    for (const write of writes) write.committed()
  }

  const add = <Result>(work: () => Result): Promise<Result> => {
    if (!handle.isOpen) return Promise.reject(new Error('write to the store: it is closed'))
    if (waiting.length === 0) defer(flush)
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    let commit = () => {}
    const attempt = () => {
      const result = work()
      commit = () => resolve(result)
    }
    waiting.push({ attempt, committed: () => commit(), failed: reject })
    return promise
  }

  return { add, flush }
}

/** Throws where nothing was committed. */
function createTransaction(handle: DatabaseSync, recollection: Recollection) {
  const begin = handle.prepare('BEGIN IMMEDIATE')
  const commit = handle.prepare('COMMIT')
  const attemptAlone = createAttemptAlone(handle, recollection)

  const rollBack = () => {
    recollection.forget()
    if (handle.isTransaction) handle.exec('ROLLBACK')
  }
  const start = () => {
    begin.run()
    recollection.refresh()
  }
  /** False where one failed, and nothing was done: savepoints cost, and next to nothing ever fails. */
  const attemptTogether = (writes: readonly Write[]): boolean => {
    try {
      for (const write of writes) write.attempt()
      return true
    } catch (error) {
      if (writes.length === 1) throw error
      rollBack()
      return false
    }
  }
  return (writes: readonly Write[]): void => {
    try {
      start()
      if (!attemptTogether(writes)) {
        start()
        for (const write of writes) attemptAlone(write)
      }
      commit.run()
    } catch (error) {
      rollBack()
      throw error
    }
  }
}

function createAttemptAlone(handle: DatabaseSync, recollection: Recollection) {
  const save = handle.prepare('SAVEPOINT one')
  const release = handle.prepare('RELEASE one')
  return (write: Write): void => {
    // A full disk ends the whole transaction; a savepoint would then begin one of its own.
    if (!handle.isTransaction) throw new Error('write to the store: SQLite rolled the transaction back')
    save.run()
    try {
      write.attempt()
      release.run()
    } catch (error) {
      recollection.forget()
      if (handle.isTransaction) handle.exec('ROLLBACK TO one; RELEASE one')
      write.failed(error)
    }
  }
}
