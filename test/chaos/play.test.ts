import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Evidence } from './evidence.ts'
import type { Fault } from './fault.ts'
import { invariants } from './invariants/all.ts'
import { play } from './play.ts'
import type { Schedule, ScheduledEvent } from './schedule.ts'
import type { Submission } from './submission.ts'

const size = { seed: 1, replicaCount: 2, userCount: 40, groupCount: 2 }
const usual = { ttlMs: 60_000, keyed: true, twice: false, leavesAfter: [] }
const submit = (atMs: number, submission: Pick<Submission, 'number' | 'ask'>): ScheduledEvent => {
  return { atMs, turns: 0, what: 'submit', submission: { ...usual, ...submission } }
}
const fault = (atMs: number, fault: Fault): ScheduledEvent => ({ atMs, turns: 0, what: 'fault', fault })

/** Plays it, and keeps the evidence. */
async function played(events: readonly ScheduledEvent[]) {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-chaos-'))
  const schedule: Schedule = { ...size, events }
  const seen: Evidence[] = []
  const look = (evidence: Evidence) => {
    seen.push(evidence)
    return []
  }
  const verdict = await play(schedule, folder.path, [...invariants, look])
  return { verdict, evidence: seen[0] }
}

test('a calm world does what it is asked for, and everything holds', async () => {
  const { verdict } = await played([
    submit(0, { number: 0, ask: { job: 'groups.members.add', group: 0, users: [1, 2] } }),
    submit(10, { number: 1, ask: { job: 'users.list' } }),
  ])

  expect(verdict).toMatchObject({ violations: [], tally: { 'run: done applied': 1, 'run: done': 1 } })
})

test('what a process that crashed was about to do never happens, and what was asked for is done all the same', async () => {
  const { verdict, evidence } = await played([
    fault(0, {
      kind: 'jumpcloud',
      forMs: 5000,
      lever: { name: 'latencyMs', options: { ms: 2000, count: 8, path: '/api/v2/**' } },
    }),
    submit(10, { number: 0, ask: { job: 'groups.list' } }),
    submit(10, { number: 1, ask: { job: 'groups.list' } }),
    fault(500, { kind: 'crash', replica: 0, how: 'silent', downMs: 0 }),
    fault(500, { kind: 'crash', replica: 1, how: 'reset', downMs: 0 }),
  ])

  expect(verdict).toMatchObject({ violations: [], tally: { 'run: done': 2 } })
  expect(evidence?.runs.map(({ attempt }) => attempt)).toEqual([2, 2])
})

test('a control plane that crashed goes on from its files', async () => {
  const { verdict } = await played([
    submit(0, { number: 0, ask: { job: 'groups.list' } }),
    fault(1, { kind: 'plane_crash', downMs: 5000 }),
    submit(10, { number: 1, ask: { job: 'groups.list' } }),
  ])

  expect(verdict).toMatchObject({ violations: [], tally: { 'run: done': 2 } })
})

test('who speaks into connections that were stranded long ago has that for an excuse', async () => {
  const adds = (atMs: number, users: readonly number[]) =>
    [0, 1].map((group) => submit(atMs, { number: atMs + group, ask: { job: 'groups.members.add', group, users } }))
  const strand = (replica: number) => fault(30_000, { kind: 'strand', replica, far: 'jumpcloud', end: 'far' })
  const muchLater = 4 * 60_000
  const { verdict, evidence } = await played([
    ...adds(0, [1, 3, 5, 7, 9]),
    ...[0, 1].map(strand),
    ...adds(muchLater, [11, 13, 15, 17, 19]),
  ])

  expect(verdict.violations).toEqual([])
  expect(evidence?.runs.map(({ outcome }) => outcome)).not.toEqual(Array(4).fill('applied'))
})

test('a world that does not come to its end is a failure that says so', async () => {
  const { verdict } = await played([submit(0, { number: 0, ask: { job: 'groups.get', group: 99 } })])

  expect(verdict.violations.join()).toMatch(/the world stopped: .*nothing at place 99/)
})
