// Warns before a credential ends, by the date that the configuration gives. JumpCloud says it nowhere else (JumpCloud reference 2.1 [?]).

import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'

export type ExpiryWatch = {
  readonly name: string
  readonly expiresAt: number
  readonly clock: Clock
  readonly log: Pick<Log, 'warn' | 'error'>
  /** Another warning is due. */
  readonly onDue: () => void
}

const hours = 60 * 60 * 1000
const days = 24 * hours
/** Days before the end, the last first. */
const warnings = [1, 7, 14, 30] as const

/** The warning that is due, in days; 0 once it has ended; undefined while that is far off. */
export function dueWarning(expiresAt: number, now: number): number | undefined {
  const leftMs = expiresAt - now
  return leftMs <= 0 ? 0 : warnings.find((limit) => leftMs <= limit * days)
}

/** Until the signal is aborted: once at each of 30, 14, 7 and 1 days before, and once after the end. */
export async function watchExpiry(
  { name, expiresAt, clock, log, onDue }: ExpiryWatch,
  signal: AbortSignal,
): Promise<void> {
  let told: number | undefined
  while (!signal.aborted) {
    const due = dueWarning(expiresAt, clock.now())
    if (due !== undefined && due !== told) {
      told = due
      const message = due === 0 ? 'it has ended: set a new one' : `it ends within ${due} days: set a new one`
      const fields = { connection: name, expiresAt: new Date(expiresAt).toISOString(), days: due, message }
      if (due === 0) log.error('credential.expired', fields)
      else log.warn('credential.expires', fields)
      onDue()
    }
    // The wall clock may be set meanwhile.
    await clock.sleep(1 * hours, signal).catch(() => {})
  }
}
