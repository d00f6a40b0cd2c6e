// A replica comes back and says that it still holds an attempt: whether it may go on, and from which page.

import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Store } from '../store/store.ts'
import { contractOf } from './contract-of.ts'
import { HeldRun } from './held-run.ts'
import type { HeldRuns } from './held-runs.ts'
import type { Seat } from './roster.ts'
import { isHeld } from './step.ts'
import { recallTally } from './tally.ts'

export type ReclaimOptions = {
  readonly store: Pick<Store, 'pages' | 'runs'>
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log: Log
  readonly heldRuns: HeldRuns
}

type Attempt = { readonly run: string; readonly attempt: number }

/** The number of the first page that is not stored; undefined where the attempt shall be abandoned. */
export async function reclaim(options: ReclaimOptions, seat: Seat, attempt: Attempt): Promise<number | undefined> {
  // An answer may have come in just before: whether the replica may forget it is known when it is stored.
  await options.heldRuns.get(attempt.run)?.stored
  const held = options.heldRuns.get(attempt.run) ?? (await findStored(options, attempt.run))
  if (held === undefined || held.ended || held.seat !== undefined) return undefined
  const { run } = held
  if (run.attempt !== attempt.attempt || run.replica !== seat.session.replica) return undefined
  const tally = held.tally ?? (await recall(options, held))
  // While the store was read, the run may have been cancelled.
  if (tally === undefined || held.ended) return undefined
  held.reseat({ seat, tally, at: options.clock.monotonic() })
  seat.runs.set(run.id, held)
  return tally.nextSeq()
}

async function findStored({ store, clock, heldRuns }: ReclaimOptions, id: string): Promise<HeldRun | undefined> {
  const run = await store.runs.get(id)
  if (run === undefined || !isHeld(run.state)) return undefined
  const contract = await contractOf(run.job).catch(() => undefined)
  if (contract === undefined) return undefined
  const held = HeldRun.found(run, contract, clock.monotonic())
  heldRuns.find(held)
  return held
}

/** Undefined where what is stored cannot be gone on from: a read is then done anew. */
async function recall({ store, log }: ReclaimOptions, { contract, run }: HeldRun) {
  try {
    return await recallTally({ store, contract, run })
  } catch (error) {
    log.warn('run.not_recalled', { run: run.id, error })
    return undefined
  }
}
