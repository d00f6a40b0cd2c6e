// Which runs are as if they had not begun: those that wait for their turn, and those that wait for a credential.

import type { HeldRun } from './held-run.ts'

export type IdleRuns = {
  /** It waits for a credential, or does not any more. True where it is idle by that. */
  park(run: HeldRun, isParked: boolean): boolean
  /** Nothing is lost by handing it back: another replica, or the next process, may have what it waits for. */
  isIdle(run: HeldRun): boolean
  isParked(run: HeldRun): boolean
}

export function createIdleRuns(): IdleRuns {
  const parked = new WeakSet<HeldRun>()
  // The next process goes on by itself with a read that the journal has.
  const isLeft = ({ effect, journal }: HeldRun) => effect === 'read' && journal.isHeld
  const isIdle = (run: HeldRun) =>
    !run.changing && !isLeft(run) && (run.state === 'waiting' || (run.state === 'running' && parked.has(run)))
  return {
    isIdle,
    isParked: (run) => parked.has(run),
    park: (run, isParked) => {
      parked[isParked ? 'add' : 'delete'](run)
      return isParked && isIdle(run)
    },
  }
}
