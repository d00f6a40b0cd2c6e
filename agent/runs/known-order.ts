// What an order asks for whose run is known here, by its id and its bytes. It only says so; runs.ts does it.

import type { Order } from './batch.ts'
import type { HeldRun } from './held-run.ts'

/**
 * `remind`: go on, and tell what is untold. `retell`: the same, from the beginning, as this attempt. `restart`: give up the
 * attempt in progress and begin anew.
 */
export type KnownOrder = 'remind' | 'retell' | 'restart'

/** A new attempt of a read begins at page 0, which may be gone here; a write is never done twice. */
export function judgeKnownOrder(
  { attempt }: Pick<Order, 'attempt'>,
  known: Pick<HeldRun, 'silent' | 'attempt' | 'effect'>,
): KnownOrder {
  if (known.silent) return 'retell'
  if (attempt <= known.attempt) return 'remind'
  return known.effect === 'write' ? 'retell' : 'restart'
}
