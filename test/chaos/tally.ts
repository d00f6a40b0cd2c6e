// What happened in a world and how it was answered, counted: a suite that never sees a thing does not test it.

import type { Evidence, KeptRun } from './evidence.ts'
import { keyOf } from './invariants/effects.ts'
import { rowsOf } from './invariants/outcomes.ts'
import type { Schedule, ScheduledEvent } from './schedule.ts'

/** By what is counted; what did not happen is left out. */
export type Tally = Readonly<Record<string, number>>

export function tallyOf({ events }: Schedule, evidence: Evidence): Tally {
  const { runs, effects } = evidence
  const writes = runs.filter(({ effect }) => effect === 'write')
  const takenOver = writes.filter(({ doubtful }) => doubtful)
  const again = [
    ...Map.groupBy(
      effects.filter(({ ours }) => ours),
      keyOf,
    ).values(),
  ].filter(({ length }) => length > 1)
  return count([
    ...events.map((event) => `event: ${nameOf(event)}`),
    ...runs.map((run) => `run: ${endOf(run)}`),
    ...writes.flatMap((run) =>
      rowsOf(run).map(({ outcome, isAnswerLost }) => `row: ${outcome}${isAnswerLost ? ', its answer lost' : ''}`),
    ),
    ...takenOver.map((run) => `write taken over: ${endOf(run)}`),
    ...takenOver.flatMap((run) => rowsOf(run).map(({ outcome }) => `row of a write taken over: ${outcome}`)),
    ...runs.filter(({ effect, attempt }) => effect === 'read' && attempt > 1).map(() => 'read: begun again'),
    ...writes
      .filter(({ attempt, doubtful }) => attempt > 1 && !doubtful)
      .map(() => 'write: handed back, and given again'),
    ...effects.filter(({ ours }) => !ours).map(({ op }) => `undone by somebody: ${op}`),
    ...again.map(() => 'change: done again after it was undone'),
  ])
}

export function addUp(tallies: readonly Tally[]): Tally {
  return count(tallies.flatMap((tally) => Object.entries(tally).flatMap(([what, times]) => Array(times).fill(what))))
}

/** From so many seeds on. Whoever never sees it does not test it, or tests a product that never does it. */
const minima = [
  { seedCount: 5, what: /^run: done$/ },
  { seedCount: 5, what: /^run: done applied$/ },
  { seedCount: 5, what: /^row: applied$/ },
  { seedCount: 25, what: /^row: already$/ },
  { seedCount: 25, what: /^row: applied, its answer lost$/ },
  { seedCount: 25, what: /^row of a write taken over: (applied|already)$/ },
  { seedCount: 25, what: /^write: handed back, and given again$/ },
  { seedCount: 25, what: /^read: begun again$/ },
  { seedCount: 25, what: /^run: cancelled / },
  { seedCount: 25, what: /^undone by somebody: / },
] as const

/** In words, what so many seeds together have to have seen, and have not. */
export function unseen(tally: Tally, count: number): readonly string[] {
  const due = minima.filter(
    ({ seedCount, what }) => count >= seedCount && !Object.keys(tally).some((one) => what.test(one)),
  )
  return due.map(({ what }) => `never seen in ${count} seeds: ${what.source}`)
}

/** One line each, by name. */
export function tellTally(tally: Tally): readonly string[] {
  const sorted = Object.entries(tally).sort(([one], [other]) => one.localeCompare(other))
  return sorted.map(([what, times]) => `${String(times).padStart(7)}  ${what}`)
}

function count(what: readonly string[]): Tally {
  return Object.fromEntries([...Map.groupBy(what, (one) => one)].map(([one, all]) => [one, all.length]))
}

function nameOf(event: ScheduledEvent): string {
  if (event.what !== 'fault') return event.what
  const { fault } = event
  return fault.kind === 'jumpcloud' ? `JumpCloud, ${fault.lever.name}` : fault.kind
}

function endOf({ state, outcome, error }: KeptRun): string {
  return [state, outcome, error?.code].filter((part) => part !== null && part !== undefined).join(' ')
}
