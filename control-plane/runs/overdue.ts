// Runs whose session lives and whose answer never comes: they fail here, so that every run ends, whatever an agent does.
// What counts as heard is said by answers.ts: news alone.

import { times, type WireError } from '@sallyport/protocol'
import type { Clock } from '../ports/clock.ts'
import { type AnswersOptions, failHere } from './answers.ts'
import type { HeldRun } from './held-run.ts'

const minutes = 60 * 1000
const hours = 60 * minutes

/**
 * How long nothing may be heard of a run. A write can be under way for `takeoverMs` after it was sent, and its answer then has
 * to come through. A read may wait for its turn as long as it lives, and begin then; its next page may be behind those of many
 * others on a slow link.
 */
const silenceCapMs = { write: times.takeoverMs + 5 * minutes, read: 15 * minutes } as const

/** How long after its time to live a run may go on at all: rows without end may be made up one by one. */
const overtimeCapMs = 24 * hours

export type OverdueOptions = AnswersOptions & { readonly clock: Clock }

export async function failOverdue(options: OverdueOptions): Promise<void> {
  const overdue = options.heldRuns.all().filter((held) => isOverdue(options.clock, held))
  await Promise.all(overdue.map((held) => failHere(options, held, errors[held.run.effect])))
}

function isOverdue(clock: Clock, { seat, ended, sent, run, heardAt }: HeldRun): boolean {
  if (seat === undefined || ended || !sent) return false
  const overtimeMs = clock.now() - run.expiresAt
  if (overtimeMs >= overtimeCapMs) return true
  const capMs = silenceCapMs[run.effect]
  if (run.effect === 'read' && overtimeMs < capMs) return false
  return clock.monotonic() - heardAt >= capMs
}

const errors = {
  write: {
    code: 'outcome_unknown',
    message:
      'run the job: the agent is connected and did not say how the write ended. Read what it should have changed before trying again, and restart the agent.',
  },
  read: {
    code: 'attempt_lost',
    message: 'run the job: the agent is connected and did not come to an end. Restart the agent and try again.',
  },
} as const satisfies Record<string, WireError>
