// How many members each run added or removed within the last hour: what caps go by, also after a crash. It outlives the runs.

import type { Prepare } from './statement.ts'

export type CountedChange = {
  /** One try at a run. */
  readonly run: string
  readonly connection: string
  readonly members: 'add' | 'remove'
  /** The id of the group. */
  readonly group: string
  /** By the wall clock, in milliseconds since 1970. */
  readonly at: number
  readonly count: number
}

export type CountedChanges = {
  add(change: CountedChange): void
  /** Of a run that has ended: what it sent at most. */
  lower(run: string, count: number): void
  /** Those that are older are of no use any more. */
  drop(before: number): void
  /** In the order in which they were added. */
  all(): readonly CountedChange[]
}

/** The statements; each is called inside a transaction of the store. */
export function createCountedChanges(prepare: Prepare): CountedChanges {
  const insert = prepare(`
    INSERT INTO countedChanges (run, connection, members, groupId, at, count)
    VALUES (:run, :connection, :members, :group, :at, :count)`)
  const lower = prepare('UPDATE countedChanges SET count = min(count, :count) WHERE run = :run')
  const drop = prepare('DELETE FROM countedChanges WHERE at < :before')
  const select = prepare<CountedChange>(`
    SELECT run, connection, members, groupId AS "group", at, count FROM countedChanges ORDER BY place`)
  return {
    add: ({ run, connection, members, group, at, count }) =>
      void insert.run({ run, connection, members, group, at, count }),
    lower: (run, count) => void lower.run({ run, count }),
    drop: (before) => void drop.run({ before }),
    all: () => select.all(),
  }
}
