// Looks every few seconds whether the policy file says something else. Only a valid one is handed on, once it is written to its
// end; the last one stays in force otherwise.

import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import type { Policy } from './policy.ts'

export type PolicyWatch = {
  readonly read: () => Promise<Policy>
  readonly digest: () => string | null
  readonly take: (policy: Policy) => Promise<void>
  /** Hears at each look why the file is not taken; undefined where it is good. */
  readonly note: (why: string | undefined) => void
  readonly clock: Clock
  readonly log: Log
}

const lookMs = 3000
/** A file that is written in place lacks its end for a moment, and what it protects and caps may stand there. */
const settleMs = 1500

/** Until the signal is aborted. The whole file is read each time: neither its time nor its size has to change with it. */
export async function watchPolicy(
  { read, digest, take, note, clock, log }: PolicyWatch,
  signal: AbortSignal,
): Promise<void> {
  let told = ''
  let seen: string | null | undefined
  const look = async () => {
    try {
      const policy = await read()
      told = ''
      note(undefined)
      if (policy.digest !== digest() && policy.digest === seen) await take(policy)
      seen = policy.digest
    } catch (error) {
      seen = undefined
      const why = error instanceof Error ? error.message : 'it failed'
      if (why !== told) log.error('policy.invalid', { error, message: 'the policy before it stays in force' })
      told = why
      note(why)
    }
  }
  while (!signal.aborted) {
    const isNew = seen !== undefined && seen !== digest()
    await clock.sleep(isNew ? settleMs : lookMs, signal).catch(() => {})
    if (!signal.aborted) await look()
  }
}
