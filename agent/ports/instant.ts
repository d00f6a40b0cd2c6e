// A moment by both clocks. What must not happen late is held to the stricter of them: one stands still while the host is
// suspended, the other can be set.

import type { Clock } from './clock.ts'

export type Instant = { readonly monotonicAt: number; readonly wallAt: number }

/** Milliseconds that passed by each. */
export type Elapsed = { readonly monotonicMs: number; readonly wallMs: number }

export function instantOf(clock: Clock): Instant {
  return { monotonicAt: clock.monotonic(), wallAt: clock.now() }
}

export function elapsedSince({ monotonicAt, wallAt }: Instant, clock: Clock): Elapsed {
  return { monotonicMs: clock.monotonic() - monotonicAt, wallMs: clock.now() - wallAt }
}

/** The moment that lies so long before now. */
export function instantBefore({ monotonicMs, wallMs }: Elapsed, clock: Clock): Instant {
  return { monotonicAt: clock.monotonic() - monotonicMs, wallAt: clock.now() - wallMs }
}
