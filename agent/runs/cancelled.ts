// What is said of a run that was cancelled, by what it may have changed.

import { SallyportError } from '@sallyport/protocol'

export function cancelledBefore(job: string): SallyportError {
  return new SallyportError('cancelled', `run ${job}: cancelled before anything was changed`)
}

/** A change may have left: whatever ended with the cancel, it was not before anything was changed. */
export function cancelledAfter(job: string): SallyportError {
  return new SallyportError(
    'outcome_unknown',
    `run ${job}: cancelled when a change may have left already. Read what it should have changed before trying again.`,
  )
}
