// Runs whose session is gone. Their replica may come back and still hold them; else a read goes to another replica, and of a
// write nobody can say any more what it did.

import { times } from '@sallyport/protocol'
import type { Clock } from '../ports/clock.ts'
import type { RunChange, Store } from '../store/store.ts'
import { contractOf } from './contract-of.ts'
import { HeldRun } from './held-run.ts'
import type { HeldRuns } from './held-runs.ts'
import type { Queue } from './queue.ts'
import type { Run } from './run.ts'
import { heldStates, type Step, type StepName } from './step.ts'

export type LostRuns = {
  /** The session is gone. `returning` is false where its replica will not come back: revoked, disabled, deregistered. */
  lose(held: HeldRun, returning: boolean): Promise<void>
  /** Nobody has the attempt any more. */
  giveUp(held: HeldRun): Promise<void>
  /** Nothing of it was done: it queues for its next attempt, or ends where a cancel was asked for. */
  giveBack(held: HeldRun): Promise<void>
  /** Gives up what was lost too long ago. */
  sweep(): Promise<void>
  /** Finds what an earlier process had sent. */
  recover(): Promise<void>
}

type LostRunsOptions = {
  readonly store: Pick<Store, 'agents' | 'runs'>
  readonly clock: Clock
  readonly step: Step
  readonly heldRuns: HeldRuns
  readonly queue: Queue
}

/** A healthy agent is back within the longest wait between its tries. */
const returnMs = times.backoffCapMs
const recoveredCount = 100_000

export function createLostRuns({ store, clock, step, heldRuns, queue }: LostRunsOptions): LostRuns {
  /** It stays held until the store has it: where the store fails, the next sweep tries again. */
  const settle = async (held: HeldRun, name: StepName, change: RunChange) => {
    held.giveUp()
    await step(held.run, name, change)
    heldRuns.release(held)
  }

  const giveBack = async (held: HeldRun) => {
    if (held.cancelAsked) return settle(held, 'cancel', { error: neverDone })
    await settle(held, 'giveBack', { replica: null })
    queue.joined(held.run.agent)
  }

  const giveUp = async (held: HeldRun) => {
    if (!held.sent || held.run.effect === 'read') return giveBack(held)
    await settle(held, 'fail', { error: nobodyKnows, outcome: 'unknown' })
  }

  const lose = async (held: HeldRun, returning: boolean) => {
    held.lose(clock.monotonic())
    const waitsForNobody = !returning || !held.sent || (held.cancelAsked && held.run.effect === 'read')
    if (waitsForNobody) await giveUp(held)
  }

  const isOverdue = ({ givenUp, lostAt, run }: HeldRun) => {
    if (givenUp) return true
    if (lostAt === undefined || clock.monotonic() - lostAt < returnMs) return false
    // What a write did is worth waiting for.
    return run.effect === 'read' || clock.now() >= run.expiresAt
  }

  const recover = async () => {
    for (const { name } of await store.agents.list()) {
      for (const run of await store.runs.inState(name, heldStates, recoveredCount)) {
        const contract = await contractOf(run.job).catch(() => undefined)
        if (contract !== undefined) heldRuns.find(HeldRun.found(run, contract, clock.monotonic()))
        else await step(run, 'fail', unknownJob(run))
      }
    }
  }

  return {
    lose,
    giveUp,
    giveBack,
    sweep: async () => void (await Promise.all(heldRuns.all().filter(isOverdue).map(giveUp))),
    recover,
  }
}

function unknownJob({ job, effect }: Run) {
  const message = `find the run again: this version of the control plane has no job ${job}.`
  return { error: { code: 'job_unknown', message }, outcome: effect === 'write' ? ('unknown' as const) : null }
}

const neverDone = { code: 'cancelled', message: 'cancel the run: it was cancelled before anything was changed.' }

const nobodyKnows = {
  code: 'outcome_unknown',
  message:
    'run the job: the agent was lost after it was told to, and did not come back with an answer. Read what it should have changed before trying again.',
}
