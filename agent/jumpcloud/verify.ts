// Looking whether a change is to be seen, for a while, because what was written may take a moment to be read.

import { times } from '@sallyport/protocol/limits'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import type { Clock } from '../ports/clock.ts'

const firstPauseMs = 250

/** Looks until it is seen, for up to 5 s by the clock, less and less often; false where it was not, or could not be looked at. */
export async function verify(look: (until: AbortSignal) => Promise<boolean>, clock: Clock): Promise<boolean> {
  const over = new AbortController()
  const deadline = new AbortController()
  clock.sleep(times.readBackMs, over.signal).then(
    () => deadline.abort(),
    () => {},
  )
  try {
    for (let pauseMs = firstPauseMs; !(await look(deadline.signal)); pauseMs *= 2) {
      await clock.sleep(pauseMs, deadline.signal)
    }
    return true
  } catch (error) {
    if (deadline.signal.aborted || error instanceof SallyportError) return false
    throw error
  } finally {
    over.abort()
  }
}
