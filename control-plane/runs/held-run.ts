// A run that some replica has, in memory: what came of it so far, and which session it is on. The truth is in the store.

import type { JobContract } from '@sallyport/protocol'
import type { Seat } from './roster.ts'
import type { Run } from './run.ts'
import { createTally, type Tally } from './tally.ts'

export type HeldRun = {
  /** As it was when the attempt was sent. */
  readonly run: Run
  readonly contract: JobContract
  /** Undefined where the store knows more than this process: after a restart, or a write to the store that failed. */
  tally: Tally | undefined
  /** Undefined while the session is lost. */
  seat: Seat | undefined
  /** Its batch was handed to a socket: from then on a write may have happened. */
  sent: boolean
  batch: string | undefined
  cancelAsked: boolean
  /** The answer is there, or another attempt is due: nothing more counts. */
  ended: boolean
  /** It was decided that nobody has the attempt any more; the store may not know yet. */
  givenUp: boolean
  /** By the clock that only goes forward. */
  lostAt: number | undefined
}

/** The run as it goes to the seat: one attempt further. */
export function holdRun(run: Run, contract: JobContract, seat: Seat): HeldRun {
  const sent: Run = { ...run, state: 'sent', attempt: run.attempt + 1, replica: seat.session.replica }
  return { ...blank(sent, contract), tally: createTally(contract), seat }
}

/** A run that was sent by an earlier process, and whose replica has not come back yet. */
export function findHeldRun(run: Run, contract: JobContract, lostAt: number): HeldRun {
  return { ...blank(run, contract), sent: true, lostAt }
}

function blank(run: Run, contract: JobContract): HeldRun {
  return {
    run,
    contract,
    tally: undefined,
    seat: undefined,
    sent: false,
    batch: undefined,
    // A cancel may have come in while the run was given back.
    cancelAsked: run.cancelAskedAt !== null,
    ended: false,
    givenUp: false,
    lostAt: undefined,
  }
}
