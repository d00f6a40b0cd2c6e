// All runs of this replica: taken from batches, told to whichever session there is, forgotten when their answer is stored.
// What must outlive the process is in the journal; the rest is forgotten by a restart, and the plane notices by the next `hello`.

import { SallyportError, type WelcomePayload } from '@sallyport/protocol'
import type { Connections } from '../connections/connections.ts'
import type { Journal } from '../journal/journal.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Log } from '../log.ts'
import { panicRefusal } from '../policy/decide.ts'
import type { PolicyInForce } from '../policy/policy-in-force.ts'
import type { Clock } from '../ports/clock.ts'
import type { Order } from './batch.ts'
import type { Gate } from './gate.ts'
import type { HeldRun } from './held-run.ts'
import { createHoldRun, recoverRuns } from './hold-run.ts'
import { createIdleRuns } from './idle-runs.ts'
import { createIntake } from './intake.ts'
import { createLaunch } from './launch.ts'
import type { Send } from './outbox.ts'
import { createPastRuns } from './past-runs.ts'
import { type RunSummary, summaryOf } from './run-summary.ts'
import { createTelling } from './telling.ts'

export type Runs = {
  /** Goes on with what an earlier process left in the journal. Called until it resolves, which is best before anything else. */
  recover(): Promise<void>
  take(orders: readonly Order[]): void
  cancel(id: string): void
  credit(id: string | undefined, bytes: number): void
  acknowledge(id: string, attempt: number, seq: number | 'final'): void
  /** Everything was denied: nothing more is sent, reads end, and of a write that was sent the outcome is found out. */
  halt(): void
  /** What `hello` says is still held. */
  held(): readonly { readonly run: string; readonly attempt: number }[]
  /** Everything that is held, oldest first, for people on the host. */
  list(): readonly RunSummary[]
  attach(send: Send, welcome: WelcomePayload): void
  detach(): void
  /**
   * Takes nothing new, hands back what was not started, leaves reads that the journal has to the next process, and resolves
   * when the rest is answered and stored.
   */
  drain(): Promise<void>
}

export type RunsOptions = {
  readonly gate: Gate
  readonly policy: PolicyInForce
  readonly connections: Connections
  readonly journal: Journal
  readonly ledger: Ledger
  readonly clock: Clock
  readonly log: Log
  /** Of the agent. Another one cannot go on with a read. */
  readonly version: string
}

export function createRuns(options: RunsOptions): Runs {
  const held = new Map<string, HeldRun>()
  const [past, { park, isIdle, isParked, wasParked }] = [createPastRuns(), createIdleRuns()]
  const telling = createTelling((run) => abandon(run))
  const { say } = telling
  let draining: PromiseWithResolvers<void> | undefined
  const isDraining = () => draining !== undefined
  const checkDrained = () => {
    if ([...held.values()].every(({ isSuspended }) => isSuspended)) draining?.resolve()
  }
  const changed = (run: HeldRun) => {
    telling.wake(run)
    if (run.isSuspended) checkDrained()
  }

  const holding = { ...options, held, changed }
  const hold = createHoldRun(holding)

  /** Of a forgotten run only its id and its digest are kept here. */
  const release = (run: HeldRun) => {
    held.delete(run.id)
    telling.drop(run)
    past.remember(run)
    checkDrained()
  }

  const forget = (run: HeldRun) => {
    run.forget()
    release(run)
  }
  const abandon = (run: HeldRun) => {
    run.abandon()
    if (run.state === 'forgotten') release(run)
  }

  /** Nothing was done of them: the plane may give them to another replica at once. */
  const handBack = (...runs: readonly HeldRun[]) => {
    say({ type: 'leaving', runs: runs.map(({ id }) => id) })
    for (const run of runs) {
      run.abandon('handedBack')
      release(run)
    }
  }

  const sayParked = (run: HeldRun) => {
    if (run.state === 'running') say({ type: isParked(run) ? 'parked' : 'accepted', run: run.id, attempt: run.attempt })
  }

  const launch = createLaunch({
    ...options,
    onAccepted: ({ id, attempt }) => say({ type: 'accepted', run: id, attempt }),
    onParked: (run, waits) => {
      if (park(run, waits) && isDraining()) handBack(run)
      else sayParked(run)
    },
    onUnkept: handBack,
    onEnded: (run) => run.state === 'followed' && forget(run),
  })

  const take = createIntake({ ...options, held, past, say, hold, launch, changed, abandon, isDraining })

  return {
    recover: async () => {
      for (const run of await recoverRuns(holding, hold)) if (run.state === 'waiting') launch(run)
    },

    take: (orders) => orders.forEach(take),

    cancel: (id) => {
      const run = held.get(id)
      if (run === undefined || run.state === 'answered') return
      if (!run.cancel()) say({ type: 'too_late', run: id, attempt: run.attempt })
    },
    halt: () => {
      for (const run of [...held.values()]) haltRun(run)
    },

    credit: (id, bytes) => {
      const run = id === undefined ? undefined : held.get(id)
      if (id === undefined || run !== undefined) telling.credit(run, bytes)
    },

    acknowledge: (id, attempt, seq) => {
      const run = held.get(id)
      if (run === undefined || run.attempt !== attempt) return
      if (seq !== 'final') return run.stored(seq)
      // Otherwise it is for the refusal of other bytes under the same id.
      if (run.output.told) forget(run)
    },

    ...viewsOf(held, isParked),

    attach: (send, { limits, held: decisions }) => {
      telling.begin(send, limits)
      for (const run of [...held.values()]) {
        if (run.silent) continue
        const decision = decisions.find((one) => one.run === run.id && one.attempt === run.attempt)
        if (!decision?.keep) abandon(run)
        else goOn(run, decision.next)
        // Without a session nobody heard of it.
        if (wasParked(run)) sayParked(run)
        changed(run)
      }
    },

    detach: telling.end,

    drain: async () => {
      draining ??= Promise.withResolvers()
      handBack(...[...held.values()].filter(isIdle))
      for (const run of held.values()) run.suspend()
      checkDrained()
      await draining.promise
      options.log.info('runs.drained')
    },
  }
}

function viewsOf(held: ReadonlyMap<string, HeldRun>, isParked: (run: HeldRun) => boolean): Pick<Runs, 'held' | 'list'> {
  return {
    held: () => [...held.values()].filter(({ silent }) => !silent).map(({ id, attempt }) => ({ run: id, attempt })),
    list: () => [...held.values()].map((run) => summaryOf(run, isParked(run))),
  }
}

function haltRun(run: HeldRun): void {
  const error = new SallyportError('policy_denied', panicRefusal.message, { rule: panicRefusal.rule })
  if (run.state === 'waiting' || run.state === 'running') run.cancel(error)
}

/** Where one of the two ends went back in time, a page that the plane wants is gone, or was never made: nobody can go on. */
function goOn(run: HeldRun, next: number): void {
  if (run.output.canTellFrom(next)) return run.output.rewind(next)
  const message = `run ${run.order.run.job}: control plane and agent do not have the same pages of it; ask again`
  run.settle()
  run.overrule(new SallyportError('attempt_lost', message))
}
