// All runs that some replica has, by id, and the places that they take on the roster.

import type { JobContract } from '@sallyport/protocol'
import type { Clock } from '../ports/clock.ts'
import { HeldRun } from './held-run.ts'
import type { Roster, Seat } from './roster.ts'
import type { Run } from './run.ts'

export type HeldRuns = {
  get(run: string): HeldRun | undefined
  all(): readonly HeldRun[]
  /** Takes a place for the next attempt of a run, at `wanted` where that has room; undefined where no session of its agent has. */
  take(run: Run, contract: JobContract, wanted?: Seat): HeldRun | undefined
  /** Known again after a restart. */
  find(held: HeldRun): void
  /** The attempt is over: it is forgotten, and its place is free. */
  release(held: HeldRun): void
}

type HeldRunsOptions = {
  readonly roster: Roster
  readonly clock: Pick<Clock, 'monotonic'>
  readonly released: (agent: string) => void
}

export function createHeldRuns({ roster, clock, released }: HeldRunsOptions): HeldRuns {
  const byId = new Map<string, HeldRun>()

  const take = (run: Run, contract: JobContract, wanted?: Seat): HeldRun | undefined => {
    const at = clock.monotonic()
    const seat = roster.choose(run, at, wanted)
    if (seat === undefined) return undefined
    const held = HeldRun.next(run, contract, { seat, at })
    byId.set(run.id, held)
    seat.runs.set(run.id, held)
    return held
  }

  const release = (held: HeldRun) => {
    held.end()
    if (byId.get(held.run.id) === held) byId.delete(held.run.id)
    leaveSeat(held)
    released(held.run.agent)
  }

  return {
    get: (run) => byId.get(run),
    all: () => [...byId.values()],
    take,
    find: (held) => void byId.set(held.run.id, held),
    release,
  }
}

function leaveSeat(held: HeldRun): void {
  const { seat, batch, run } = held
  if (seat === undefined) return
  // Its next attempt may sit there already.
  if (seat.runs.get(run.id) === held) {
    seat.runs.delete(run.id)
    seat.credit.forget(run.id)
  }
  if (batch === undefined) return
  const mates = seat.batches.get(batch)
  mates?.delete(held)
  if (mates?.size === 0) seat.batches.delete(batch)
}
