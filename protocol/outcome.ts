// What became of a write.

import { z } from 'zod'

/**
 * `applied`: not so when this run first looked, and so now, read back. By this run, unless JumpCloud's answer is not known (it
 * never came, or the process died): then the change may never have left, and somebody else have made it. `already`: nothing had
 * to change, and read back. `not_applied`: JumpCloud refused, or no byte was sent. `unknown`: asked, and not proven either way. Never guessed.
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
