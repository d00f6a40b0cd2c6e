// How much a session may send: what it began with, and as much again as was stored. Totals, told once per tick.

import { limits, type PlaneFrame } from '@sallyport/protocol'

export type Credit = {
  /** Rows were stored or dropped: as much may come anew, of the session and, where it is named, of the run. */
  stored(run: string | undefined, byteCount: number): void
  /** The run sends nothing any more. */
  forget(run: string): void
}

export function createCredit(send: (frame: PlaneFrame) => void): Credit {
  const runTotals = new Map<string, number>()
  const untold = new Set<string>()
  let sessionTotal: number = limits.sessionCreditBytes
  let telling = false

  const tell = () => {
    telling = false
    send({ type: 'credit', bytes: sessionTotal })
    for (const run of untold) send({ type: 'credit', run, bytes: runTotals.get(run) ?? limits.runCreditBytes })
    untold.clear()
  }

  return {
    stored: (run, byteCount) => {
      if (byteCount === 0) return
      sessionTotal += byteCount
      if (run !== undefined) {
        runTotals.set(run, (runTotals.get(run) ?? limits.runCreditBytes) + byteCount)
        untold.add(run)
      }
      // The pages of one commit are acknowledged in one tick: one frame for all of them.
      if (!telling) queueMicrotask(tell)
      telling = true
    },
    forget: (run) => {
      runTotals.delete(run)
      untold.delete(run)
    },
  }
}
