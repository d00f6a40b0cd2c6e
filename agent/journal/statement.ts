// A prepared statement with the type of its rows.

import type { DatabaseSync, SQLInputValue } from 'node:sqlite'

type Values = Readonly<Record<string, SQLInputValue>>

export type Statement<Row> = {
  get(values?: Values): Row | undefined
  all(values?: Values): readonly Row[]
  /** How many rows it changed. */
  run(values?: Values): number
}

/** Rows are what our own statements wrote into STRICT tables: the caller names the columns that it selects. */
export type Prepare = <Row = never>(sql: string) => Statement<Row>

export function createPrepare(handle: DatabaseSync): Prepare {
  return <Row>(sql: string): Statement<Row> => {
    const statement = handle.prepare(sql)
    return {
      // As said above.
      get: (values = {}) => statement.get(values) as Row | undefined,
      all: (values = {}) => statement.all(values) as Row[],
      run: (values = {}) => Number(statement.run(values).changes),
    }
  }
}
