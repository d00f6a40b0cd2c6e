// A schedule and its failure, in words.

import type { Fault } from './fault.ts'
import type { Verdict } from './play.ts'
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

function tellEvent(event: ScheduledEvent): string {
  const when = `${(event.atMs / 1000).toFixed(3).padStart(8)} s +${String(event.turns).padStart(2)}`
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

function tellFault({ kind, ...rest }: Fault): string {
  return `${kind} ${JSON.stringify(rest)}`
}
