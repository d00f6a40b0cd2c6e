// Whether what is kept of the tables in memory still holds: SQLite counts what other connections commit.

import type { DatabaseSync } from 'node:sqlite'
import type { EndOfTurn } from '../../ports/turn.ts'

export type Recollection = {
  /** `forget` empties what somebody keeps. */
  remembers(forget: () => void): void
  /** Everybody forgets where another connection has written since. Answers with the version. */
  refresh(): number
  /** The same, once a turn of the event loop: what others commit meanwhile is seen in the next. */
  refreshOnce(): void
  /** A transaction was rolled back: what was kept in it is not in the tables. */
  forget(): void
}

export function createRecollection(handle: DatabaseSync, defer: EndOfTurn): Recollection {
  const dataVersion = handle.prepare('PRAGMA data_version')
  const forgets: (() => void)[] = []
  let seen: number | undefined
  let isFresh = false
  const forget = () => {
    for (const each of forgets) each()
  }
  const refresh = () => {
    const version = Number(dataVersion.get()?.data_version)
    if (version !== seen) forget()
    seen = version
    return version
  }
  return {
    remembers: (each) => void forgets.push(each),
    refresh,
    refreshOnce: () => {
      if (isFresh) return
      isFresh = true
      defer(() => {
        isFresh = false
      })
      refresh()
    },
    forget,
  }
}
