// A replica that is drained ends in time, whatever it had under way.

import type { Evidence } from '../evidence.ts'

const seconds = 1000

/** `drainMs` of the configuration, and the goodbyes after it. */
const patienceMs = 30 * seconds + 5 * seconds

export function checkDrains({ drains }: Evidence): readonly string[] {
  return drains
    .filter(({ askedAtMs, endedAtMs }) => endedAtMs - askedAtMs > patienceMs)
    .map(
      ({ replica, askedAtMs, endedAtMs }) =>
        `${replica} took ${endedAtMs - askedAtMs} ms to drain, from ${askedAtMs} ms on`,
    )
}
