// Waits for something that a real socket brings about: by turns of the event loop, never by time.

import { setImmediate as turn } from 'node:timers/promises'

/** The time-out of the test bounds it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await turn()
}
