// A wait that has an end, by the clock that is passed in.

import type { Clock } from './clock.ts'

type Limit = { readonly clock: Pick<Clock, 'sleep'>; readonly ms: number }

/** Resolves when the work is done, or with it undone when `ms` are over. Rejects as the work does, in that time. */
export async function atMost({ clock, ms }: Limit, work: Promise<unknown>): Promise<void> {
  const done = new AbortController()
  const wait = clock.sleep(ms, done.signal)
  wait.catch(() => {})
  await Promise.race([work, wait]).finally(() => done.abort())
}
