// Counts what the plane sends that this version does not know: let pass, and told when the session ends.

import type { Log } from '../log.ts'

export type Ignored = {
  frame(type: string): void
  /** Over 1 MiB, and no run of it can be told: refused alone. */
  oversized(): void
  members(type: string, count: number): void
  counts(): { readonly frameCount: number; readonly memberCount: number }
}

export function createIgnored(log: Log): Ignored {
  let frameCount = 0
  let memberCount = 0
  return {
    frame: (type) => {
      frameCount += 1
      log.debug('frame.ignored', { type })
    },
    oversized: () => {
      frameCount += 1
      log.warn('frame.refused', { why: 'over 1 MiB' })
    },
    members: (type, count) => {
      if (count === 0) return
      memberCount += count
      log.debug('frame.members_ignored', { type, count })
    },
    counts: () => ({ frameCount, memberCount }),
  }
}
