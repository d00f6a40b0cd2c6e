// Whether what is kept of the tables in memory still holds: SQLite counts what other connections commit.

import type { DatabaseSync } from 'node:sqlite'

export type Recollection = {
  /** `forget` empties what somebody keeps. */
  remembers(forget: () => void): void
  /** Everybody forgets where another connection has written since. Answers with the version. */
  refresh(): number
  /** A transaction was rolled back: what was kept in it is not in the tables. */
  forget(): void
}

export function createRecollection(handle: DatabaseSync): Recollection {
  const dataVersion = handle.prepare('PRAGMA data_version')
  const forgets: (() => void)[] = []
  let seen: number | undefined
  const forget = () => {
    for (const each of forgets) each()
  }
  return {
    remembers: (each) => void forgets.push(each),
    refresh: () => {
      const version = Number(dataVersion.get()?.data_version)
      if (version !== seen) forget()
      seen = version
      return version
    },
    forget,
  }
}
