// Looking whether a change is to be seen, for a while, because what was written may take a moment to be read.

import { times } from '@sallyport/protocol/limits'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import type { Clock } from '../ports/clock.ts'

const firstPauseMs = 250

/** The first look may have to wait for its turn, behind what JumpCloud has slowed down: that says nothing of what is to be seen. */
export const firstLookMs = 60_000

/**
 * Looks until it is seen; from the first look on for up to 5 s by the clock, less and less often. False where it was not, or could
 * not be looked at, as when the connection closes.
 */
export async function verify(
  look: (until: AbortSignal) => Promise<boolean>,
  { clock, closing }: { readonly clock: Clock; readonly closing: AbortSignal },
): Promise<boolean> {
  const deadline = new AbortController()
  const until = AbortSignal.any([deadline.signal, closing])
  const endWithin = (ms: number) => clock.after(ms, () => deadline.abort())
  let forget = endWithin(firstLookMs)
  try {
    if (await look(until)) return true
    forget()
    forget = endWithin(times.readBackMs)
    for (let pauseMs = firstPauseMs; ; pauseMs *= 2) {
      await clock.sleep(pauseMs, until)
      if (await look(until)) return true
    }
  } catch (error) {
    if (until.aborted || error instanceof SallyportError) return false
    throw error
  } finally {
    forget()
  }
}
