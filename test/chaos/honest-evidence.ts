// The evidence of a small world in which everything is true, for tests that make one thing of it untrue.

import { createHash } from 'node:crypto'
import type { Effect, Evidence, KeptRun } from './evidence.ts'
import type { Submission } from './submission.ts'
import type { Reading, Told } from './vendor.ts'

const groupId = 'group-1'
const users = ['user-0', 'user-1', 'user-2', 'user-3']
const isMemberAtFirst = (user: string) => user === 'user-0' || user === 'user-2'

type Row = Readonly<Record<string, unknown>>

export const writeRows: readonly Row[] = [
  { userId: 'user-1', outcome: 'applied' },
  { userId: 'user-2', outcome: 'already' },
  { userId: 'user-3', outcome: 'not_applied' },
]

/** A write that is done, of three users; then a listing of all four, in two pages. */
export function honestEvidence(): Evidence {
  return {
    directory: { users, groups: [groupId], allGroups: [groupId], isMemberAtFirst },
    told: [tellOf(0, writeRun()), tellOf(1, readRun())],
    runs: [writeRun(), readRun()],
    effects: [applied('user-1')],
    logged: [{ host: 'plane', level: 'info', event: 'session.closed', fields: { reason: 'bye' }, atMs: 5 }],
    // A change was refused.
    troubles: [{ of: 'JumpCloud', fromMs: 12, untilMs: 14 }],
    drains: [{ replica: 'replica-0', askedAtMs: 10, endedAtMs: 2010 }],
  }
}

export function applied(userId: string, change: Partial<Effect> = {}): Effect {
  return { ours: true, op: 'add', groupId, userId, applied: true, atMs: 20, ...change }
}

export function writeRun(change: Partial<KeptRun> = {}): KeptRun {
  const params = { groupId, userIds: users.slice(1) }
  const run = doneRun({ id: 'run_write', job: 'groups.members.add', params, pages: [writeRows] })
  return { ...run, effect: 'write', outcome: 'not_applied', ...change }
}

export function readRun(change: Partial<KeptRun> = {}): KeptRun {
  const rows = users.map((id) => ({ id }))
  const pages = [rows.slice(0, 3), rows.slice(3)]
  return { ...doneRun({ id: 'run_read', job: 'users.list', params: {}, pages }), ...change }
}

type Done = {
  readonly id: string
  readonly job: string
  readonly params: Row
  readonly pages: readonly (readonly Row[])[]
}

export function doneRun({ id, job, params, pages: lists }: Done): KeptRun {
  const pages = lists.map((rows, seq) => ({
    ...{ run: id, attempt: 1, seq },
    rows: JSON.stringify(rows),
    rowCount: rows.length,
  }))
  return {
    ...{ id, job, params, effect: 'read', state: 'done', attempt: 1 },
    ...{ cancelAskedAt: null, doubtful: false, outcome: null, error: null, pages: [pages], finalAtMs: 30 },
    pageCount: pages.length,
    rowCount: lists.flat().length,
    sha256: chainOf(pages.map(({ rows }) => rows)),
  }
}

/** As the protocol has it: each page's digest is of the one before it and its own text. */
function chainOf(texts: readonly string[]): string {
  let digest = ''
  for (const text of texts) digest = createHash('sha256').update(digest).update(text).digest('hex')
  return digest
}

export function tellOf(number: number, run: KeptRun, readings?: readonly Reading[]): Told {
  const submission: Submission = {
    ...{ number, ttlMs: 60_000, keyed: true, twice: false, leavesAfter: [] },
    ask: { job: 'users.list' },
  }
  return { submission, askedAtMs: 10, runs: [run.id], readings: readings ?? [wholeReading(run)] }
}

export function wholeReading({ pages, outcome, rowCount, sha256 }: KeptRun): Reading {
  const rows = (pages[0] ?? []).flatMap(({ rows }): unknown[] => JSON.parse(rows))
  return {
    attempt: undefined,
    from: 0,
    lines: [
      { type: 'attempt', attempt: 1 },
      ...rows.map((row, seq) => ({ type: 'row' as const, seq, row })),
      { type: 'done', state: 'done', rows: rowCount, outcome, sha256 },
    ],
  }
}
