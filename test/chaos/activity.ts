// Knows whether anything is going on in this process: a byte that arrived, a file that is being written. Time may go on only
// when nothing is. Where it goes on too early, that is one more slow network.

import { setImmediate as turn } from 'node:timers/promises'

export type Activity = {
  /** Something happened now. */
  touch(): void
  /** Work on the disk or a socket that takes no virtual time: nobody is idle until it is over. */
  during<Result>(work: Promise<Result>): Promise<Result>
  /** Resolves when nothing has happened for a few turns of the event loop. */
  quiet(): Promise<void>
}

/** A byte that was written to a socket of this machine is there in the next turn; what it causes takes a few more. */
const stillTurns = 5

/** Files are written for real, and a busy disk takes longer than a few turns. */
const isDiskAtWork = () => process.getActiveResourcesInfo().some((kind) => kind.startsWith('FSReq'))

export function createActivity(): Activity {
  let touchCount = 0
  let pendingCount = 0
  return {
    touch: () => {
      touchCount += 1
    },
    during: async (work) => {
      pendingCount += 1
      try {
        return await work
      } finally {
        pendingCount -= 1
        touchCount += 1
      }
    },
    quiet: async () => {
      for (let still = 0, seen = touchCount; still < stillTurns; still += 1) {
        await turn()
        if (pendingCount === 0 && seen === touchCount && !isDiskAtWork()) continue
        seen = touchCount
        still = -1
      }
    },
  }
}
