// Runs in SQLite, and the fence that holds late answers back.

import { SallyportError } from '@sallyport/protocol'
import { unknownAfter } from '../../runs/doubt.ts'
import type { Page, Run, RunState } from '../../runs/run.ts'
import type { AuditEntry, RunStep, Store } from '../store.ts'
import { createInsertEntry } from './audit.ts'
import type { Database } from './database.ts'
import { insertPage } from './pages.ts'

type Flag = 'journalled' | 'doubtful' | 'cancelTooLate'

type RunRow = Omit<Run, 'error' | Flag> & {
  readonly place: number
  readonly error: string | null
} & Readonly<Record<Flag, number>>

const nobodyCame = {
  code: 'run_expired',
  message: 'wait for a replica of the agent: none took the run before its time to live ended. Is the agent running?',
}
const expired = JSON.stringify(nobodyCame)
const unknown = JSON.stringify(unknownAfter(nobodyCame))

export function createRuns(database: Database): Store['runs'] {
  const { insert, insertPage, update, get, byKey, expire } = statements(database)

  const insertEntry = createInsertEntry(database)

  const add = (run: Run, noted?: AuditEntry) => {
    const known = get.get({ id: run.id }) ?? knownByKey(run)
    if (known !== undefined) return { run: toRun(known), existing: true }
    try {
      insert.run(toRow(run))
    } catch (error) {
      throw agentGone(error, run)
    }
    if (noted !== undefined) insertEntry(noted)
    return { run, existing: false }
  }
  const knownByKey = ({ agent, idempotencyKey }: Run) =>
    idempotencyKey === null ? undefined : byKey.get({ agent, idempotencyKey })

  const step = ({ run: id, from, attempt, to, change = {}, page }: RunStep): Run | undefined => {
    const row = get.get({ id })
    if (row === undefined || !from.includes(row.state)) return undefined
    if (attempt !== undefined && attempt !== row.attempt) return undefined
    const run = toRun(row)
    const anew = change.attempt !== undefined && change.attempt !== run.attempt ? { pageCount: 0, rowCount: 0 } : {}
    const counts = page === undefined ? {} : counted(run, page)
    if (page !== undefined) insertPage.run(page)
    const next: Run = { ...run, ...anew, ...counts, ...change, state: to ?? run.state }
    update.run(toRow(next))
    return next
  }

  return {
    add: (run, noted) => database.write(() => add(run, noted)),
    get: (id) => database.read(() => maybeRun(get.get({ id }))),
    step: (change) => database.write(() => step(change)),
    expire: (now) => database.write(() => expire.all({ now, expired, unknown }).map(({ id }) => id)),
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

function statements(database: Database) {
  return {
    insertPage: database.prepare(insertPage),
    insert: database.prepare(`
      INSERT INTO runs VALUES (
        NULL, :id, :agent, :job, :connection, :effect, :text, :requester, :idempotencyKey, :state, :attempt, :replica,
        :createdAt, :expiresAt, :finishedAt, :cancelAskedAt, :cancelTooLate, :outcome, :error, :pageCount, :rowCount,
        :sha256, :journalled, :doubtful)`),
    update: database.prepare(`
      UPDATE runs SET state = :state, attempt = :attempt, replica = :replica,
        journalled = :journalled, doubtful = :doubtful, finishedAt = :finishedAt,
        cancelAskedAt = :cancelAskedAt, cancelTooLate = :cancelTooLate, outcome = :outcome, error = :error,
        pageCount = :pageCount, rowCount = :rowCount, sha256 = :sha256
      WHERE id = :id`),
    get: database.prepare<RunRow>('SELECT * FROM runs WHERE id = :id'),
    byKey: database.prepare<RunRow>('SELECT * FROM runs WHERE agent = :agent AND idempotencyKey = :idempotencyKey'),
    expire: database.prepare<{ id: string }>(`
      UPDATE runs SET finishedAt = :now,
        state = iif(doubtful, 'failed', 'expired'),
        outcome = iif(doubtful, 'unknown', outcome),
        error = iif(doubtful, :unknown, :expired)
      WHERE state = 'queued' AND expiresAt <= :now RETURNING id`),
  }
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

function toRun({ place: _, error, journalled, doubtful, cancelTooLate, ...run }: RunRow): Run {
  return {
    ...run,
    journalled: journalled !== 0,
    doubtful: doubtful !== 0,
    cancelTooLate: cancelTooLate !== 0,
    error: error === null ? null : JSON.parse(error),
  }
}

const maybeRun = (row: RunRow | undefined) => (row === undefined ? undefined : toRun(row))

function toRow({ error, journalled, doubtful, cancelTooLate, ...run }: Run) {
  return {
    ...run,
    journalled: Number(journalled),
    doubtful: Number(doubtful),
    cancelTooLate: Number(cancelTooLate),
    error: error === null ? null : JSON.stringify(error),
  }
}

const foreignKeyFailed = 787

function agentGone(error: unknown, { id, agent }: Run): unknown {
  if (!(error instanceof Error) || !('errcode' in error) || error.errcode !== foreignKeyFailed) return error
  return new SallyportError('agent_unknown', `store run ${id}: there is no agent ${agent}`, { cause: error })
}
