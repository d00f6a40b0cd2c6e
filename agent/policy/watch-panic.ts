// Notices that everything was denied, or is no longer, for what is under way and asks for no decision.

import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import type { Panic } from './panic.ts'

export type PanicWatch = {
  readonly panic: Panic
  readonly tell: (change: 'panic.began' | 'panic.lifted') => void
  readonly clock: Clock
  readonly log: Log
}

const lookMs = 500

/** Until the signal is aborted. */
export async function watchPanic({ panic, tell, clock, log }: PanicWatch, signal: AbortSignal): Promise<void> {
  let wasOn = false
  while (!signal.aborted) {
    const isOn = panic.isOn()
    if (isOn !== wasOn) {
      const change = isOn ? 'panic.began' : 'panic.lifted'
      log[isOn ? 'error' : 'info'](change, { message: isOn ? 'everything is denied' : 'the policy decides again' })
      tell(change)
    }
    wasOn = isOn
    await clock.sleep(lookMs, signal).catch(() => {})
  }
}
