// Each invariant holds for an honest record, and notices each way in which a record can be untrue.

import { expect, test } from 'vitest'
import type { Evidence, KeptRun } from '../evidence.ts'
import {
  applied,
  doneRun,
  honestEvidence,
  readRun,
  tellOf,
  wholeReading,
  writeRows,
  writeRun,
} from '../honest-evidence.ts'
import { invariants } from './all.ts'
import { checkEffects } from './effects.ts'
import { checkOutcomes } from './outcomes.ts'

const violationsOf = (evidence: Evidence) => invariants.flatMap((invariant) => invariant(evidence))

const honest = honestEvidence()

/** With other runs, told as the vendor would have read them. */
function withRuns(...runs: readonly KeptRun[]): Evidence {
  return {
    ...honest,
    runs,
    told: runs.map((run, number) => tellOf(number, run, run.state === 'done' ? undefined : endOf(run))),
  }
}

function endOf({ state, outcome, error }: KeptRun): ReturnType<typeof tellOf>['readings'] {
  const told = { code: error?.code ?? '', message: '', fault: 'agent' as const, retry: false }
  const ended = state === 'cancelled' || state === 'expired' || state === 'refused' ? state : 'failed'
  return [{ attempt: undefined, from: 0, lines: [{ type: 'failed', state: ended, outcome, error: told }] }]
}

const ended = (change: Partial<KeptRun>) => ({ pages: [[]], pageCount: 0, rowCount: 0, sha256: null, ...change })
const error = (code: string) => ({ code, message: 'why' })
const rowsSaying = (outcome: string) => [{ ...writeRows[0], outcome }, ...writeRows.slice(1)]
const writeSaying = (outcome: string) =>
  writeRun(pagesOf(doneRun({ id: 'run_write', job: 'groups.members.add', params: {}, pages: [rowsSaying(outcome)] })))
const pagesOf = ({ pages, pageCount, rowCount, sha256 }: KeptRun) => ({ pages, pageCount, rowCount, sha256 })
const listing = (...ids: readonly string[]) =>
  readRun(pagesOf(doneRun({ id: 'run_read', job: 'users.list', params: {}, pages: [ids.map((id) => ({ id }))] })))

const undone = applied('user-1', { ours: false, op: 'remove' })
const takenOver = writeRun({ attempt: 2, doubtful: true, pages: [[], ...writeRun().pages] })

test('who takes a write over may do again what somebody undid', () => {
  const effects = [applied('user-1'), undone, applied('user-1')]
  const outcomes = checkOutcomes({ ...honest, runs: [takenOver], effects })

  expect([...checkEffects({ ...honest, runs: [takenOver], effects }), ...outcomes]).toEqual([])
})

test('a row of who took a write over may not say not applied of what the one before did, whatever the run says', () => {
  const effects = [applied('user-1'), applied('user-3')]

  const violations = checkOutcomes({ ...honest, runs: [{ ...takenOver, outcome: 'unknown' }], effects })

  expect(violations.join()).toMatch(/but JumpCloud did it/)
})

test('an honest record passes', () => {
  expect(violationsOf(honest)).toEqual([])
})

const untrue: readonly (readonly [what: string, evidence: Evidence, noticed: RegExp])[] = [
  ['a run that the vendor was told of is gone', { ...honest, runs: [writeRun()] }, /not in the store/],
  [
    'one key became two runs',
    { ...honest, told: [{ ...tellOf(0, writeRun()), runs: ['run_write', 'run_read'] }] },
    /one key/,
  ],
  [
    'a request with a key was never answered',
    { ...honest, told: [{ ...tellOf(0, writeRun()), runs: [] }] },
    /never answered/,
  ],
  ['a run never ends', withRuns(readRun({ state: 'accepted' })), /accepted for ever/],
  [
    'a run ends with an error that is a defect',
    withRuns(readRun(ended({ state: 'failed', error: error('digest_mismatch') }))),
    /failed: digest_mismatch/,
  ],
  [
    'a run is cancelled that nobody cancelled',
    withRuns(readRun(ended({ state: 'cancelled', error: error('cancelled') }))),
    /nobody asked/,
  ],
  [
    'a write fails without an outcome',
    withRuns(writeRun(ended({ state: 'failed', error: error('attempt_lost'), outcome: null }))),
    /without an outcome/,
  ],
  [
    'JumpCloud changed what no run asked for',
    { ...honest, effects: [applied('user-1'), applied('user-0')] },
    /no run asks/,
  ],
  [
    'JumpCloud was asked twice',
    { ...honest, effects: [applied('user-1'), applied('user-1', { applied: false })] },
    /2 times/,
  ],
  [
    'a change comes back that somebody undid, by the replica that made it',
    { ...honest, effects: [applied('user-1'), undone, applied('user-1')] },
    /2 times/,
  ],
  [
    'who takes a write over does again what nobody undid',
    { ...withRuns(takenOver, readRun()), effects: [applied('user-1'), applied('user-1', { applied: false })] },
    /2 times/,
  ],
  ['JumpCloud was asked before the run was', { ...honest, effects: [applied('user-1', { atMs: 9 })] }, /before run/],
  ['a row says applied, and nothing happened', { ...honest, effects: [] }, /never did/],
  ['a row says applied before it was', { ...honest, effects: [applied('user-1', { atMs: 31 })] }, /did it later/],
  [
    'a row says not applied of what happened',
    { ...honest, effects: [applied('user-1'), applied('user-3')] },
    /but JumpCloud did it/,
  ],
  [
    'a row says already of what was not so',
    { ...withRuns(writeSaying('already'), readRun()), effects: [] },
    /it was not so/,
  ],
  ['an outcome is no word of the protocol', withRuns(writeSaying('perhaps'), readRun()), /that is no outcome/],
  [
    'the outcome of a run is not that of its worst row',
    withRuns(writeRun({ outcome: 'applied' }), readRun()),
    /its worst row/,
  ],
  [
    'a user has no row',
    withRuns(writeRun(pagesOf(doneRun({ id: 'run_write', job: '', params: {}, pages: [writeRows.slice(0, 2)] })))),
    /has rows for/,
  ],
  [
    'a run that was cancelled in time had an effect',
    withRuns(writeRun(ended({ state: 'cancelled', error: error('cancelled'), cancelAskedAt: 12, outcome: null }))),
    /cancelled \(cancelled\), but JumpCloud did/,
  ],
  [
    'a page is stored twice',
    withRuns(readRun({ pages: readRun().pages.map((pages) => [...pages.slice(0, 1), ...pages]) })),
    /has pages 0,0,1/,
  ],
  [
    'a page is missing',
    withRuns(readRun({ pages: readRun().pages.map((pages) => pages.slice(0, 1)) })),
    /1 pages, and counts 2/,
  ],
  ['pages are other ones than those that were sent', withRuns(readRun({ sha256: 'another' })), /digest/],
  [
    'a listing shows somebody twice',
    withRuns(listing('user-0', 'user-1', 'user-1', 'user-2', 'user-3')),
    /user-1 twice/,
  ],
  ['a listing leaves somebody out', withRuns(listing('user-0', 'user-1', 'user-2')), /does not show user-3/],
  [
    'a listing shows somebody who is not there',
    withRuns(listing('user-0', 'user-1', 'user-2', 'user-3', 'x')),
    /shows x/,
  ],
  ['a process logs a defect', { ...honest, logged: [logLine('error', 'run.broken', {})] }, /logged run.broken/],
  [
    'a session ends over a broken protocol',
    { ...honest, logged: [logLine('warn', 'session.closed', { reason: 'frame_unexpected' })] },
    /frame_unexpected/,
  ],
  [
    'a drain takes for ever',
    { ...honest, drains: [{ replica: 'replica-0', askedAtMs: 0, endedAtMs: 60_000 }] },
    /60000 ms to drain/,
  ],
]

test.each(untrue)('notices that %s', (_, evidence, noticed) => {
  expect(violationsOf(evidence).join('\n')).toMatch(noticed)
})

const [attempt, first, ...rest] = wholeReading(readRun()).lines
const streams: readonly (readonly [what: string, lines: readonly unknown[], noticed: RegExp])[] = [
  ['has no last line', [attempt, first, ...rest.slice(0, -1)], /no last line/],
  ['says a row twice', [attempt, first, first, ...rest], /row 0 of attempt 1 comes where row 1 is due/],
  ['leaves a row out', [attempt, ...rest], /row 1 of attempt 1 comes where row 0 is due/],
  [
    'goes back to an earlier attempt',
    [{ type: 'attempt', attempt: 2 }, attempt, first, ...rest],
    /attempt 1 comes after attempt 2/,
  ],
  [
    'says another row than the stored one',
    [attempt, { type: 'row', seq: 0, row: {} }, ...rest],
    /not the one that is stored/,
  ],
  ['goes on after its end', [attempt, first, ...rest, first], /after the last line/],
  ['ends otherwise than the run', [attempt, first, ...rest.slice(0, -1), failedLine()], /it ends failed/],
]

test.each(streams)('notices that a stream %s', (_, lines, noticed) => {
  const told = tellOf(0, readRun(), [{ attempt: undefined, from: 0, lines: Object(lines) }])

  expect(violationsOf({ ...honest, told: [tellOf(1, writeRun()), told] }).join('\n')).toMatch(noticed)
})

test.each(['counter_behind', 'replica_conflict'])(
  'a refusal (%s) that its agent hears counts, and one of a connection that it gave up does not',
  (reason) => {
    const refused = logLine('warn', 'session.refused', { reason })

    expect(violationsOf({ ...honest, logged: [{ ...refused, host: 'plane' }] })).toEqual([])
    expect(violationsOf({ ...honest, logged: [refused] }).join()).toMatch(reason)
  },
)

test('a stream may be read in pieces, and begin anew with a new attempt', () => {
  const { lines } = wholeReading(readRun())
  const pieces = [lines.slice(0, 3), [lines[0], ...lines.slice(3)]]
  const readings = pieces.map((piece) => ({ attempt: 1, from: 0, lines: Object(piece) }))

  expect(violationsOf({ ...honest, told: [tellOf(0, writeRun()), tellOf(1, readRun(), readings)] })).toEqual([])
})

function logLine(level: string, event: string, fields: Readonly<Record<string, unknown>>) {
  return { host: 'replica-0', level, event, fields, atMs: 1 }
}

function failedLine() {
  const error = { code: 'attempt_lost', message: '', fault: 'agent', retry: true }
  return { type: 'failed', state: 'failed', outcome: null, error }
}
