// Which runs are as if they had not begun: those that wait for their turn, and those that wait for a credential.

import type { HeldRun } from './held-run.ts'

export type IdleRuns = {
  /** It waits for a credential, or does not any more. True where it is idle by that. */
  park(run: HeldRun, isParked: boolean): boolean
  /** Nothing is lost by handing it back: another replica, or the next process, may have what it waits for. */
  isIdle(run: HeldRun): boolean
  isParked(run: HeldRun): boolean
  /** It waits for one, or did before. */
  wasParked(run: HeldRun): boolean
}

export function createIdleRuns(): IdleRuns {
  const parked = new WeakMap<HeldRun, boolean>()
  const isParked = (run: HeldRun) => parked.get(run) ?? false
  // The next process goes on by itself with a read that the journal has.
  const isLeft = ({ effect, journal }: HeldRun) => effect === 'read' && journal.isHeld
  const isIdle = (run: HeldRun) =>
    !run.changing && !isLeft(run) && (run.state === 'waiting' || (run.state === 'running' && isParked(run)))
  return {
    isIdle,
    isParked,
    wasParked: (run) => parked.has(run),
    park: (run, waits) => {
      parked.set(run, waits)
      return waits && isIdle(run)
    },
  }
}
