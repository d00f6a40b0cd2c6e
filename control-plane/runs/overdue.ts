// Runs whose session lives and whose answer never comes: they fail here, so that every run ends, whatever an agent does.

import { times, type WireError } from '@sallyport/protocol'
import type { Clock } from '../ports/clock.ts'
import { type AnswersOptions, failHere } from './answers.ts'
import type { HeldRun } from './held-run.ts'

const minutes = 60 * 1000

/**
 * How long nothing may be heard of a run. A write can be under way for `takeoverMs` after it was sent, and its answer then has
 * to come through. A read may wait for its turn as long as it lives, and begin then; its next page may be behind those of many
 * others on a slow link.
 */
const silenceCapMs = { write: times.takeoverMs + 5 * minutes, read: 15 * minutes } as const

export type OverdueOptions = AnswersOptions & { readonly clock: Clock }

export async function failOverdue(options: OverdueOptions): Promise<void> {
  const overdue = options.heldRuns.all().filter((held) => isOverdue(options.clock, held))
  await Promise.all(overdue.map((held) => failHere(options, held, errors[held.run.effect])))
}

function isOverdue(clock: Clock, { seat, ended, sent, run, heardAt }: HeldRun): boolean {
  if (seat === undefined || ended || !sent) return false
  const capMs = silenceCapMs[run.effect]
  if (run.effect === 'read' && clock.now() < run.expiresAt + capMs) return false
  return clock.monotonic() - heardAt >= capMs
}

const errors = {
  write: {
    code: 'outcome_unknown',
    message:
      'run the job: the agent is connected and never said how the write ended. Read what it should have changed before trying again, and restart the agent.',
  },
  read: {
    code: 'attempt_lost',
    message: 'run the job: the agent is connected and stopped answering. Restart the agent and try again.',
  },
} as const satisfies Record<string, WireError>
