// Looking whether a change is to be seen, for a while, because what was written may take a moment to be read.

import { times } from '@sallyport/protocol/limits'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import type { Clock } from '../ports/clock.ts'

const firstPauseMs = 250

/**
 * Looks until it is seen, for up to 5 s by the clock, less and less often; false where it was not, or could not be looked at,
 * as when the connection closes.
 */
export async function verify(
  look: (until: AbortSignal) => Promise<boolean>,
  { clock, closing }: { readonly clock: Clock; readonly closing: AbortSignal },
): Promise<boolean> {
  const deadline = new AbortController()
  const forget = clock.after(times.readBackMs, () => deadline.abort())
  const until = AbortSignal.any([deadline.signal, closing])
  try {
    for (let pauseMs = firstPauseMs; !(await look(until)); pauseMs *= 2) await clock.sleep(pauseMs, until)
    return true
  } catch (error) {
    if (until.aborted || error instanceof SallyportError) return false
    throw error
  } finally {
    forget()
  }
}
