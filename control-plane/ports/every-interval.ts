// Does something again and again, by the clock that is passed in, until it is told to stop.

import type { Clock } from './clock.ts'

type Interval = { readonly clock: Pick<Clock, 'sleep'>; readonly ms: number; readonly signal: AbortSignal }

/** Waits first. The next wait begins when the work is done. Resolves when the signal is aborted; rejects with what the work throws. */
export async function everyInterval({ clock, ms, signal }: Interval, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    const slept = await clock.sleep(ms, signal).then(
      () => true,
      () => false,
    )
    if (slept) await work()
  }
}
