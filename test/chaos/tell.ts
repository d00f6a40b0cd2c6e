// A schedule and its failure, in words.

import type { Fault } from './fault.ts'
import type { Verdict } from './play.ts'
import type { RealEvent, RealFault, RealSchedule } from './real/real-schedule.ts'
import type { Schedule, ScheduledEvent } from './schedule.ts'

/** One line for the world, and one for each event until then. */
export function tellSchedule(schedule: Schedule, untilMs = Number.POSITIVE_INFINITY): readonly string[] {
  const { seed, replicaCount, userCount, groupCount, events } = schedule
  const head = `seed ${seed}: ${replicaCount} replicas, ${userCount} users, ${groupCount} groups, ${events.length} events`
  return [head, ...events.filter(({ atMs }) => atMs <= untilMs).map(tellEvent)]
}

/** What went wrong, what had happened until then, and how to see it again. */
export function tellFailure({ schedule, violations, virtualMs }: Verdict): readonly string[] {
  const shown = violations.slice(0, 20).map((violation) => `  violated: ${violation}`)
  const more = violations.length > shown.length ? [`  and ${violations.length - shown.length} more`] : []
  return [
    ...tellSchedule(schedule, virtualMs).map((line) => `  ${line}`),
    ...shown,
    ...more,
    `  again: npm run chaos -- --seed ${schedule.seed}`,
  ]
}

/** The same of a world of real processes. */
export function tellRealFailure({ seed, events }: RealSchedule, violations: readonly string[]): readonly string[] {
  return [
    ...events.map((event) => `  ${tellEvent(event)}`),
    ...violations.slice(0, 20).map((violation) => `  violated: ${violation}`),
    `  again: npm run chaos -- --real 1 --from ${seed}`,
  ]
}

export function tellEvent(event: ScheduledEvent | RealEvent): string {
  const turns = 'turns' in event ? ` +${String(event.turns).padStart(3)}` : ''
  const when = `${(event.atMs / 1000).toFixed(3).padStart(8)} s${turns}`
  switch (event.what) {
    case 'submit': {
      const { number, ...rest } = event.submission
      return `${when}  submit #${number} ${JSON.stringify(rest)}`
    }
    case 'cancel':
      return `${when}  cancel #${event.number}`
    case 'fault':
      return `${when}  ${tellFault(event.fault)}`
  }
}

function tellFault({ kind, ...rest }: Fault | RealFault): string {
  return `${kind} ${JSON.stringify(rest)}`
}
