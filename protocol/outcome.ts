// What became of a write.

import { z } from 'zod'

/**
 * `applied`: not so when this run looked first, asked for, and so now, read back. Where the answer of JumpCloud was lost, as in a
 * crash, somebody else may have asked for the same in between; only its own events say who did. `already`: nothing had to change,
 * and read back. `not_applied`: JumpCloud refused, or no byte was sent. `unknown`: asked, and not proven either way. Never guessed.
 */
export const outcome = z.enum(['applied', 'already', 'not_applied', 'unknown'])
export type Outcome = z.infer<typeof outcome>

/** From what asks for a person to what does not; the outcome of a run is that of its most pressing row. */
const pressing: readonly Outcome[] = ['unknown', 'not_applied', 'applied', 'already']

/** The outcome of a whole run; `undefined` where no row says one. */
export function worstOutcome(outcomes: Iterable<Outcome>): Outcome | undefined {
  const seen = new Set(outcomes)
  return pressing.find((candidate) => seen.has(candidate))
}
