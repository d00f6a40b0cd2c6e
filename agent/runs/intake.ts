// What becomes of an order that came: a new run, one that is known, or a refusal.

import { type ErrorCode, limits } from '@sallyport/protocol'
import type { Journal } from '../journal/journal.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Clock } from '../ports/clock.ts'
import { instantBefore } from '../ports/instant.ts'
import type { Order } from './batch.ts'
import type { HeldRun } from './held-run.ts'
import type { HoldRun } from './hold-run.ts'
import { judgeKnownOrder } from './known-order.ts'
import { answeredBefore } from './past-run.ts'
import type { PastRuns } from './past-runs.ts'
import { refuseOrder } from './run-ledger.ts'
import type { Telling } from './telling.ts'

export type IntakeOptions = {
  readonly journal: Pick<Journal, 'used'>
  readonly ledger: Pick<Ledger, 'add'>
  readonly clock: Clock
  readonly held: ReadonlyMap<string, HeldRun>
  readonly past: Pick<PastRuns, 'digestOf'>
  readonly say: Telling['say']
  readonly hold: HoldRun
  readonly launch: (run: HeldRun) => void
  /** The run may have something new to say. */
  readonly changed: (run: HeldRun) => void
  readonly abandon: (run: HeldRun) => void
  readonly isDraining: () => boolean
}

export function createIntake(options: IntakeOptions): (order: Order) => void {
  const { journal, ledger, clock, held, past, say, hold, launch, changed, abandon, isDraining } = options

  const refuse = (order: Order, code: ErrorCode, why: string) => {
    const { run, attempt } = order
    refuseOrder(ledger, order, { code })
    say({ type: 'refused', run: run.id, attempt, error: { code, message: `run ${run.job}: ${why}` } })
  }
  const refuseOthers = (order: Order) =>
    refuse(order, 'run_conflict', 'a run of this id with other bytes was taken before')

  const takeNew = (order: Order): void => {
    if (isDraining()) return say({ type: 'leaving', runs: [order.run.id] })
    if (held.size >= limits.heldRunsCount || isTextTooLong(held)) {
      return refuse(order, 'agent_busy', `this replica holds ${held.size} runs already; try again later`)
    }
    // The journal may know the id: other bytes are refused, and a write that was answered gives its first answer again.
    const used = journal.used(order.run.id)
    if (used !== undefined && used.digest !== order.digest) return refuseOthers(order)
    const answered = used && answeredBefore(used)
    const run = hold(order, instantBefore(order.age, clock), answered)
    if (answered === undefined) launch(run)
    else changed(run)
  }

  const retell = (run: HeldRun, order: Order): void => {
    run.retell(order)
    if (run.output.answered === undefined) say({ type: 'accepted', run: run.id, attempt: run.attempt })
    changed(run)
  }

  const take = (order: Order): void => {
    const { id } = order.run
    const known = held.get(id)
    const digest = known?.digest ?? past.digestOf(id) ?? order.digest
    if (digest !== order.digest) return refuseOthers(order)
    if (known === undefined) return takeNew(order)
    switch (judgeKnownOrder(order, known)) {
      case 'remind':
        return changed(known)
      case 'retell':
        return retell(known, order)
      case 'restart':
        abandon(known)
        return takeNew(order)
    }
  }
  return take
}

/** Looked at only where so many are held that it could be. */
function isTextTooLong(held: ReadonlyMap<string, HeldRun>): boolean {
  if (held.size * limits.runBytes < limits.heldTextLength) return false
  let length = 0
  for (const { order } of held.values()) length += order.text.length
  return length >= limits.heldTextLength
}
