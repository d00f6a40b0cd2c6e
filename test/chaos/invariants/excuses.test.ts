// What was not done as it was asked for needs its reason in the record, and a reason of its own.

import { expect, test } from 'vitest'
import type { Evidence, KeptRun } from '../evidence.ts'
import { doneRun, honestEvidence, readRun, writeRows, writeRun } from '../honest-evidence.ts'
import { checkExcuses } from './excuses.ts'

const hitWhile = { fromMs: 15, untilMs: 16 }
const honest = honestEvidence()
const logged = [{ host: 'replica-1', level: 'info', event: 'run.accepted', fields: { run: 'run_write' }, atMs: 12 }]
const rows = [{ ...writeRows[0], outcome: 'unknown' }, ...writeRows.slice(1)]
const { pages } = doneRun({ id: 'run_write', job: 'groups.members.add', params: {}, pages: [rows] })
/** What it did not do is explained: it was cancelled. */
const unknownRow: Evidence = { ...honest, runs: [writeRun({ pages, cancelAskedAt: 1 })], effects: [], logged }
const failed = (change: Partial<KeptRun>) => ({
  ...honest,
  runs: [readRun({ state: 'failed', ...change })],
  troubles: [],
})
const error = (code: string) => ({ code, message: 'why' })

const excuses: readonly (readonly [what: string, trouble: Evidence['troubles'][number]])[] = [
  ['its change was not answered', { of: 'request', path: '/api/v2/usergroups/group-1/members', ...hitWhile }],
  ['nobody could look', { of: 'request', path: '/api/v2/users/user-1/memberof', ...hitWhile }],
  ['its holder crashed', { of: 'replica', replica: 'replica-1', ...hitWhile }],
  ['the way of its holder to JumpCloud was cut', { of: 'link to JumpCloud', replica: 'replica-1', ...hitWhile }],
]

test.each(excuses)('an unknown outcome may be excused: %s', (_, trouble) => {
  expect(checkExcuses({ ...unknownRow, troubles: [trouble] })).toEqual([])
})

const noExcuses: readonly (readonly [what: string, trouble: Evidence['troubles'][number]])[] = [
  ['another change was not answered', { of: 'request', path: '/api/v2/usergroups/group-2/members', ...hitWhile }],
  ['another replica crashed', { of: 'replica', replica: 'replica-0', ...hitWhile }],
  ['its holder crashed before', { of: 'replica', replica: 'replica-1', fromMs: 1, untilMs: 2 }],
  ['JumpCloud had some trouble', { of: 'JumpCloud', ...hitWhile }],
]

test.each(noExcuses)('an unknown outcome has no excuse where %s', (_, trouble) => {
  expect(checkExcuses({ ...unknownRow, troubles: [trouble] }).join()).toMatch(/says unknown of user-1, and nothing/)
})

test('somebody who took the change back is an excuse', () => {
  const undone = { ours: false, op: 'remove', groupId: 'group-1', userId: 'user-1', applied: true, atMs: 20 } as const

  expect(checkExcuses({ ...unknownRow, effects: [undone], troubles: [] })).toEqual([])
})

test('who took a write over may not know, where the one before was lost', () => {
  const runs = unknownRow.runs.map((run) => ({ ...run, doubtful: true }))
  const lost = { of: 'link to the plane', replica: 'replica-1', ...hitWhile } as const

  expect(checkExcuses({ ...unknownRow, runs, troubles: [lost] })).toEqual([])
  expect(checkExcuses({ ...unknownRow, runs, troubles: [] }).join()).toMatch(/says unknown of user-1/)
})

test.each([
  ['a row says not applied', { ...honest, troubles: [] }, /says not_applied of user-3/],
  ['a run is lost', failed({ error: error('attempt_lost') }), /failed \(attempt_lost: why\)/],
  ['JumpCloud is said to be away', failed({ error: error('jumpcloud_unavailable') }), /failed \(jumpcloud_unavailable/],
  ['a run expires', failed({ state: 'expired', error: error('run_expired') }), /expired/],
])('nothing went wrong, and %s', (_, evidence, noticed) => {
  expect(checkExcuses(evidence).join()).toMatch(noticed)
})

test('an honest record passes', () => {
  expect(checkExcuses(honest)).toEqual([])
})
