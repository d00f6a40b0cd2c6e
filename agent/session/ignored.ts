// Counts what the plane sends that this version does not know: let pass, and told when the session ends.

import type { Log } from '../log.ts'

export type Ignored = {
  frame(type: string): void
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
    members: (type, count) => {
      if (count === 0) return
      memberCount += count
      log.debug('frame.members_ignored', { type, count })
    },
    counts: () => ({ frameCount, memberCount }),
  }
}
