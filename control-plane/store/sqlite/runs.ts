// Runs in SQLite, and the fence that holds late answers back.

import { SallyportError } from '@sallyport/protocol'
import { unknownAfter } from '../../runs/doubt.ts'
import type { Page, Run, RunState } from '../../runs/run.ts'
import type { AuditEntry, RunStep, Store } from '../store.ts'
import { createInsertEntry } from './audit.ts'
import type { Database } from './database.ts'
import { type KnownRuns, type RunRow, toRun } from './known-runs.ts'
import { createInsertPage, type PagesOptions } from './pages.ts'

const nobodyCame = {
  code: 'run_expired',
  message: 'wait for a replica of the agent: none took the run before its time to live ended. Is the agent running?',
}
const expired = JSON.stringify(nobodyCame)
const unknown = JSON.stringify(unknownAfter(nobodyCame))

export function createRuns(database: Database, known: KnownRuns, options: PagesOptions): Store['runs'] {
  const insertEntry = createInsertEntry(database)
  const insertPage = createInsertPage(database, options)
  const byKey = database.prepare<RunRow>('SELECT * FROM runs WHERE agent = :agent AND idempotencyKey = :idempotencyKey')
  const expire = database.prepare<{ id: string }>(`
    UPDATE runs SET finishedAt = :now,
      state = iif(doubtful, 'failed', 'expired'),
      outcome = iif(doubtful, 'unknown', outcome),
      error = iif(doubtful, :unknown, :expired)
    WHERE state = 'queued' AND expiresAt <= :now RETURNING id`)

  const add = (run: Run, noted?: AuditEntry) => {
    if (!insert(run)) return { run: theOther(run), existing: true }
    if (noted !== undefined) insertEntry(noted)
    return { run, existing: false }
  }
  const insert = (run: Run): boolean => {
    try {
      return known.add(run)
    } catch (error) {
      throw agentGone(error, run)
    }
  }
  const theOther = ({ id, agent, idempotencyKey }: Run): Run => {
    const other = known.get(id) ?? byKey.all({ agent, idempotencyKey }).map(toRun)[0]
    if (other === undefined) throw new Error(`store run ${id}: it is neither new nor there`)
    return other
  }

  const step = ({ run: id, from, attempt, to, change = {}, page, noted }: RunStep): Run | undefined => {
    const run = known.get(id)
    if (run === undefined || !from.includes(run.state)) return undefined
    if (attempt !== undefined && attempt !== run.attempt) return undefined
    const anew = change.attempt !== undefined && change.attempt !== run.attempt ? { pageCount: 0, rowCount: 0 } : {}
    const counts = page === undefined ? {} : counted(run, page)
    if (page !== undefined) insertPage(page)
    const next: Run = { ...run, ...anew, ...counts, ...change, state: to ?? run.state }
    known.change(next)
    if (noted !== undefined) insertEntry(noted)
    return next
  }

  const expireAll = (now: number) => {
    const ids = expire.all({ now, expired, unknown }).map(({ id }) => id)
    for (const id of ids) known.forget(id)
    return ids
  }

  return {
    add: (run, noted) => database.write(() => add(run, noted)),
    get: (id) => database.read(() => known.get(id)),
    step: (change) => database.write(() => step(change)),
    expire: (now) => database.write(() => expireAll(now)),
    ...createListings(database),
  }
}

/** The run with one page more. */
function counted({ id, attempt, pageCount, rowCount }: Run, page: Page): Pick<Run, 'pageCount' | 'rowCount'> {
  if (page.run === id && page.attempt === attempt && page.seq === pageCount) {
    return { pageCount: pageCount + 1, rowCount: rowCount + page.rowCount }
  }
  const message = `store page ${page.seq} of run ${id}: page ${pageCount} of attempt ${attempt} is the next one.`
  throw new SallyportError('digest_mismatch', message)
}

function createListings(database: Database): Pick<Store['runs'], 'list' | 'inState' | 'queued' | 'countByState'> {
  const { placeOf, newest, newestInState, oldestInState, oldestOfEffects, counts } = listingStatements(database)

  const list = (agent: string, { limit, after, state }: Parameters<Store['runs']['list']>[1]) => {
    const before = after === undefined ? Number.MAX_SAFE_INTEGER : placeOf.get({ id: after })?.place
    if (before === undefined) return []
    const rows = state === undefined ? newest : newestInState
    return rows.all({ agent, limit, before, state: state ?? null }).map(toRun)
  }
  // A state at a time, because each is then read in order from its index, however many runs have ended.
  const inState = (agent: string, states: readonly RunState[], limit: number) =>
    states
      .flatMap((state) => oldestInState.all({ agent, state, limit }))
      .sort((one, other) => one.place - other.place)
      .slice(0, limit)
      .map(toRun)

  return {
    list: (agent, listing) => database.read(() => list(agent, listing)),
    inState: (agent, states, limit) => database.read(() => inState(agent, states, limit)),
    queued: (agent, { effects, limit }) =>
      database.read(() => oldestOfEffects.all({ agent, effects: JSON.stringify(effects), limit }).map(toRun)),
    countByState: () => database.read(() => Object.fromEntries(counts.all().map(({ state, count }) => [state, count]))),
  }
}

function listingStatements(database: Database) {
  return {
    placeOf: database.prepare<{ place: number }>('SELECT place FROM runs WHERE id = :id'),
    newest: database.prepare<RunRow>(
      'SELECT * FROM runs WHERE agent = :agent AND place < :before ORDER BY place DESC LIMIT :limit',
    ),
    newestInState: database.prepare<RunRow>(
      'SELECT * FROM runs WHERE agent = :agent AND state = :state AND place < :before ORDER BY place DESC LIMIT :limit',
    ),
    oldestInState: database.prepare<RunRow>(
      'SELECT * FROM runs WHERE agent = :agent AND state = :state ORDER BY place LIMIT :limit',
    ),
    oldestOfEffects: database.prepare<RunRow>(`
      SELECT * FROM runs WHERE agent = :agent AND state = 'queued' AND effect IN (SELECT value FROM json_each(:effects))
      ORDER BY place LIMIT :limit`),
    counts: database.prepare<{ state: RunState; count: number }>(
      'SELECT state, count(*) AS count FROM runs GROUP BY state',
    ),
  }
}

const foreignKeyFailed = 787

function agentGone(error: unknown, { id, agent }: Run): unknown {
  if (!(error instanceof Error) || !('errcode' in error) || error.errcode !== foreignKeyFailed) return error
  return new SallyportError('agent_unknown', `store run ${id}: there is no agent ${agent}`, { cause: error })
}
