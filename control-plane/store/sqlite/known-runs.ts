// The rows of runs, one at a time: those that move are in memory, so that a step costs one statement.

import type { SQLInputValue } from 'node:sqlite'
import type { Run } from '../../runs/run.ts'
import type { Database } from './database.ts'
import { createMemory } from './memory.ts'

type Flag = 'doubtful' | 'cancelTooLate'

export type RunRow = Omit<Run, 'error' | Flag> & {
  readonly place: number
  readonly error: string | null
  readonly pagesGone: number
} & Readonly<Record<Flag, number>>

export type KnownRuns = {
  get(id: string): Run | undefined
  /** False where its id, or the idempotency key of its agent, is there already. */
  add(run: Run): boolean
  /** Writes what may change of it. */
  change(run: Run): void
  /** It was changed by another statement. */
  forget(id: string): void
  forgetAll(): void
}

const fixed = [
  'id',
  'agent',
  'job',
  'connection',
  'effect',
  'text',
  'requester',
  'idempotencyKey',
  'approval',
  'createdAt',
  'expiresAt',
] as const satisfies readonly (keyof Run)[]

const moving = [
  'state',
  'attempt',
  'replica',
  'journal',
  'doubtful',
  'finishedAt',
  'cancelAskedAt',
  'cancelTooLate',
  'outcome',
  'error',
  'pageCount',
  'rowCount',
  'sha256',
] as const satisfies readonly Exclude<keyof Run, (typeof fixed)[number]>[]

const all = [...fixed, ...moving]

/** Runs that are under way at a time, as a rule; what is more is read again. */
const keptCount = 1000
/** A longer text is not kept: all that is kept together is some MiB. */
const keptTextLength = 4096

export function createKnownRuns(database: Database): KnownRuns {
  const memory = createMemory<Run>(database, keptCount)
  const select = database.prepare<RunRow>('SELECT * FROM runs WHERE id = :id')
  const insert = database.prepare(`INSERT INTO runs (${all}) VALUES (${all.map(() => '?')}) ON CONFLICT DO NOTHING`)
  const update = database.prepare(`UPDATE runs SET ${moving.map((column) => `${column} = ?`)} WHERE id = ?`)
  const keep = (run: Run) => {
    if (run.text.length <= keptTextLength) memory.keep(run.id, run)
  }
  const read = (id: string) => {
    const row = select.get({ id })
    return row === undefined ? undefined : toRun(row)
  }
  return {
    get: (id) => memory.recall(id, () => read(id)),
    add: (run) => {
      const isNew = insert.run(all.map((column) => toValue(run[column]))) > 0
      if (isNew) keep(run)
      return isNew
    },
    change: (run) => {
      update.run([...moving.map((column) => toValue(run[column])), run.id])
      keep(run)
    },
    forget: memory.forget,
    forgetAll: memory.clear,
  }
}

export function toRun({ place: _, pagesGone: __, error, doubtful, cancelTooLate, ...run }: RunRow): Run {
  return {
    ...run,
    doubtful: doubtful !== 0,
    cancelTooLate: cancelTooLate !== 0,
    error: error === null ? null : JSON.parse(error),
  }
}

function toValue(value: Run[keyof Run]): SQLInputValue {
  if (typeof value === 'boolean') return Number(value)
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value
}
