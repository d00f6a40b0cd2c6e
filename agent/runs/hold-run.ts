// How a run comes to be held: from an order that came, or from what an earlier process left in the journal.

import type { Journal } from '../journal/journal.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import { type Instant, instantBefore } from '../ports/instant.ts'
import type { Order } from './batch.ts'
import { HeldRun } from './held-run.ts'
import { type PastRun, recovered } from './past-run.ts'
import { RunJournal } from './run-journal.ts'
import { RunLedger } from './run-ledger.ts'

export type Holding = {
  readonly journal: Journal
  readonly ledger: Ledger
  readonly clock: Clock
  readonly log: Log
  /** Of the agent. Another one cannot go on with a read. */
  readonly version: string
  /** By id; the run joins them. */
  readonly held: Map<string, HeldRun>
  readonly changed: (run: HeldRun) => void
}

export type HoldRun = (order: Order, received: Instant, past?: PastRun) => HeldRun

export function createHoldRun({ journal, ledger, log, version, held, changed }: Holding): HoldRun {
  return (order, received, past) => {
    const { run, digest, attempt, text, ttlMs, doubtful } = order
    const receivedAt = Math.round(received.wallAt)
    const record = { id: run.id, digest, attempt, order: { text, ttlMs, version, doubtful }, receivedAt }
    const kept = new RunJournal(journal, record, log, past === undefined ? 'unheld' : 'held')
    const one = new HeldRun({ order, received, journal: kept, ledger: new RunLedger(ledger, order), changed, past })
    held.set(one.id, one)
    return one
  }
}

/**
 * What the journal holds, oldest first. Runs of which nothing can be gone on with are forgotten there, and those that were
 * begun anew while it could not be read.
 */
export async function recoverRuns(
  { journal, ledger, clock, log, version, held }: Holding,
  hold: HoldRun,
): Promise<HeldRun[]> {
  const runs: HeldRun[] = []
  for (const record of await journal.recover()) {
    const found = held.has(record.id) ? undefined : recovered(record, version)
    const { id: run, attempt, effect } = record
    log.info('run.recovered', { run, effect, goesOn: found !== undefined })
    ledger.add({ kind: 'run.recovered', run, attempt, effect, goesOn: found !== undefined })
    if (found === undefined) {
      const forgotten = journal.forget(record.id)
      forgotten.catch((error: unknown) => log.warn('run.not_journalled', { run: record.id, error }))
      continue
    }
    // The other clock began with this process.
    const passedMs = Math.max(0, clock.now() - record.receivedAt)
    runs.push(hold(found.order, instantBefore({ monotonicMs: passedMs, wallMs: passedMs }, clock), found.past))
  }
  return runs
}
