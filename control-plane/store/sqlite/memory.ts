// Rows that were read or written last, so that they are not read again. They are as the tables are: another process that writes,
// and a transaction that fails, empty every memory.

import type { Database } from './database.ts'

export type Memory<Value> = {
  /** What is kept under the key; else what is read, which is kept from then on. Within a `read` or `write` of the database. */
  recall(key: string, read: () => Value | undefined): Value | undefined
  keep(key: string, value: Value): void
  forget(key: string): void
  clear(): void
}

/** The one that was kept longest ago goes first. */
export function createMemory<Value>(database: Pick<Database, 'remembers'>, capCount: number): Memory<Value> {
  const kept = new Map<string, Value>()
  database.remembers(() => kept.clear())

  const keep = (key: string, value: Value) => {
    kept.set(key, value)
    if (kept.size <= capCount) return
    const [oldest] = kept.keys()
    if (oldest !== undefined) kept.delete(oldest)
  }
  const readAndKeep = (key: string, read: () => Value | undefined) => {
    const value = read()
    if (value !== undefined) keep(key, value)
    return value
  }

  return {
    recall: (key, read) => kept.get(key) ?? readAndKeep(key, read),
    keep,
    forget: (key) => void kept.delete(key),
    clear: () => kept.clear(),
  }
}
