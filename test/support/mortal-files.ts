// The life of the agent's files as points: each new name, each removal, and what the journal's file is told of itself. What is
// written between two of them is found by nobody.

import fs from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { basename } from 'node:path'
import { DatabaseSync, StatementSync } from 'node:sqlite'
import { type At, countPoints, type Passing } from './passed-points.ts'

/** For the rest of the process, so for one that runs an agent and nothing else. */
export function passFiles(passing: Passing): void {
  const at = countPoints(passing)
  fs.renameSync = around(at, fs.renameSync, renaming)
  promises.rename = later(at, promises.rename, renaming)
  promises.rm = later(at, promises.rm, (path) => `removing ${nameOf(path)}`)
  syncBuiltinESMExports()
  passStatements(at)
}

const renaming = (from: fs.PathLike, to: fs.PathLike) => `renaming ${nameOf(from)} to ${nameOf(to)}`

/** What is set aside is named after the time. */
function nameOf(path: fs.PathLike): string {
  return basename(String(path)).replace(/corrupt-[^.]+(\.\d+Z)?/, 'corrupt')
}

function passStatements(at: At): void {
  const { exec, close } = DatabaseSync.prototype
  const { run } = StatementSync.prototype
  DatabaseSync.prototype.exec = function (sql) {
    return around(at, exec.bind(this), tellingOf)(sql)
  }
  DatabaseSync.prototype.close = function () {
    return around(at, close.bind(this), () => `closing ${nameOf(this.location() ?? '')}`)()
  }
  const told = function (this: StatementSync, ...values: unknown[]): unknown {
    return around(
      at,
      () => Reflect.apply(run, this, values),
      () => tellingOf(this.sourceSQL),
    )()
  }
  Object.assign(StatementSync.prototype, { run: told })
}

/** What the file says of itself; undefined for what it is told of runs, which the journal's own points are about. */
function tellingOf(sql: string): string | undefined {
  if (sql.includes("'in_use'"))
    return sql.startsWith('DELETE') ? 'telling the journal: put down' : 'telling the journal: in use'
  const name = /INTO meta VALUES \('(key_check|id|use_count)'/.exec(sql)?.[1]
  return name === undefined ? undefined : `telling the journal: ${name}`
}

function around<Args extends readonly unknown[], Result>(
  at: At,
  act: (...args: Args) => Result,
  nameFor: (...args: Args) => string | undefined,
) {
  return (...args: Args): Result => {
    const what = nameFor(...args)
    if (what === undefined) return act(...args)
    at('before', what)
    const result = act(...args)
    at('after', what)
    return result
  }
}

function later<Args extends readonly unknown[], Result>(
  at: At,
  act: (...args: Args) => Promise<Result>,
  nameFor: (...args: Args) => string,
) {
  return async (...args: Args): Promise<Result> => {
    const what = nameFor(...args)
    at('before', what)
    const result = await act(...args)
    at('after', what)
    return result
  }
}
