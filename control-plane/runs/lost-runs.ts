// Runs whose session is gone, and runs that came back from one: what takeover.ts decides of them is done here.

import type { Clock } from '../ports/clock.ts'
import type { RunChange, Store } from '../store/store.ts'
import type { AgentSession } from './agent-session.ts'
import { contractOf } from './contract-of.ts'
import { HeldRun } from './held-run.ts'
import type { HeldRuns } from './held-runs.ts'
import type { Queue } from './queue.ts'
import type { Run } from './run.ts'
import { heldStates, type Step, type StepName } from './step.ts'
import { type Absence, fateOf } from './takeover.ts'

export type LostRuns = {
  /** The session is gone. `returning` is false where its replica will not come back: revoked, disabled, deregistered. */
  lose(held: HeldRun, returning: boolean): Promise<void>
  /** Its replica is back in this session without it; `named`: with it, but nobody can go on with it here. */
  miss(held: HeldRun, back: Return): Promise<void>
  /** Handed back unstarted: it queues for its next attempt, or ends where a cancel was asked for. */
  giveBack(held: HeldRun): Promise<void>
  /** Does what is due of it now, if anything is. */
  settle(held: HeldRun): Promise<void>
  sweep(): Promise<void>
  /** Finds what an earlier process had sent. */
  recover(): Promise<void>
}

type Return = { readonly session: Pick<AgentSession, 'journal' | 'journalId'>; readonly named: boolean }

type LostRunsOptions = {
  readonly store: Pick<Store, 'agents' | 'runs'>
  readonly clock: Clock
  readonly step: Step
  readonly heldRuns: HeldRuns
  readonly queue: Queue
}

const recoveredCount = 100_000

export function createLostRuns(options: LostRunsOptions): LostRuns {
  const { clock, heldRuns } = options
  const settle = (held: HeldRun) => settleLost(options, held)
  const settleAs = (held: HeldRun, absence: Absence) => {
    held.miss(absence)
    return settle(held)
  }
  return {
    lose: (held, returning) => {
      held.lose(clock.monotonic())
      return settleAs(held, returning ? 'away' : 'forgotten')
    },
    miss: (held, back) => settleAs(held, absenceOf(held.run, back)),
    giveBack: (held) => {
      held.seat?.handedBack.add(held.run.id, clock.monotonic())
      return settleAs(held, 'unstarted')
    },
    settle,
    sweep: async () => {
      const lost = heldRuns.all().filter(({ seat, givenUp }) => seat === undefined || givenUp)
      await Promise.all(lost.map(settle))
    },
    recover: () => recover(options),
  }
}

/**
 * A replica has not done what it does not name, where its journal is whole and the one that the run was sent under. Of another
 * journal it says nothing, though that one be whole: a person may have let the replica go on after the loss. One
 * that cannot be read just now says later which it is.
 */
function absenceOf({ journal }: Run, { session, named }: Return): Absence {
  const state = session.journal()
  if (journal !== null && session.journalId === null && state !== null && state !== 'ok' && state !== 'lost')
    return 'away'
  if (state === 'lost' || (journal !== null && journal !== session.journalId)) return 'journal lost'
  return journal !== null && state === 'ok' && !named ? 'unstarted' : 'forgotten'
}

async function settleLost(options: LostRunsOptions, held: HeldRun): Promise<void> {
  const { agent } = held.run
  switch (fate(options.clock, held)) {
    case 'wait':
      return
    case 'back':
      if (held.cancelAsked) return end(options, held, 'cancel', { error: neverDone })
      await end(options, held, 'giveBack', { replica: null })
      return options.queue.joined(agent)
    case 'taken over':
      await end(options, held, 'takeOver', { replica: null, doubtful: true })
      return options.queue.joined(agent)
    case 'journal lost':
      return end(options, held, 'fail', { error: journalLost, outcome: 'unknown' })
    case 'outcome unknown':
      return end(options, held, 'fail', { error: nobodyKnows, outcome: 'unknown' })
  }
}

function fate(clock: Clock, { run, contract, absence, sent, cancelAsked, sentAt, lostAt }: HeldRun) {
  const now = clock.monotonic()
  return fateOf({
    absence,
    sent,
    effect: run.effect,
    repeatable: contract.repeatable === true,
    cancelAsked,
    outlived: clock.now() >= run.expiresAt,
    sinceSentMs: now - sentAt,
    sinceLostMs: now - (lostAt ?? now),
  })
}

type Verb = { readonly step: Step; readonly heldRuns: HeldRuns }

/** It stays held until the store has it: where the store fails, the next sweep tries again. */
async function end({ step, heldRuns }: Verb, held: HeldRun, name: StepName, change: RunChange): Promise<void> {
  held.giveUp()
  await step(held.run, name, change)
  heldRuns.release(held)
}

async function recover({ store, clock, step, heldRuns }: LostRunsOptions): Promise<void> {
  for (const { name } of await store.agents.list()) {
    for (const run of await store.runs.inState(name, heldStates, recoveredCount)) {
      const contract = await contractOf(run.job).catch(() => undefined)
      if (contract !== undefined) heldRuns.find(HeldRun.found(run, contract, clock.monotonic()))
      else await step(run, 'fail', unknownJob(run))
    }
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

const journalLost = {
  code: 'journal_lost',
  message:
    'run the job: the agent came back without the journal that said what it had done. Read what the run should have changed before trying again.',
}
