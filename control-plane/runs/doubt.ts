// What may be said at the end of a run that was taken over: the replica before may have done it as well, or some of it. So no
// end may promise that nothing was done, but one that has read back what is there.

import type { WireError } from '@sallyport/protocol'
import type { RunChange } from '../store/store.ts'
import type { StepName } from './step.ts'

type Ending = { readonly name: StepName; readonly change: RunChange }

/** The step in place of the one that was decided for as if the attempt were the only one. */
export function inDoubt({ name, change }: Ending): Ending {
  switch (name) {
    case 'finish':
    case 'fail':
      return isReadBack(change) ? { name, change } : { name, change: { ...change, outcome: 'unknown' } }
    case 'cancel':
    case 'cancelQueued':
    case 'refuse':
    case 'outlive':
      return { name: 'fail', change: { ...change, error: unknownAfter(change.error), outcome: 'unknown' } }
    default:
      return { name, change }
  }
}

/** Keeps what was said of the last attempt. */
export function unknownAfter(error?: WireError | null): WireError {
  const last = error ? ` The last attempt ended with ${error.code}: ${error.message}` : ''
  const message = `run the job: it was taken over from a replica that may have done it already. Read what it should have changed before trying again.${last}`
  return { code: 'outcome_unknown', message: message.slice(0, 2000) }
}

function isReadBack({ outcome }: RunChange): boolean {
  return outcome === 'applied' || outcome === 'already'
}
