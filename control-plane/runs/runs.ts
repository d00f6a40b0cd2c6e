// Runs as callers see them: submitted, watched, cancelled.

import type { Clock } from '../ports/clock.ts'
import { everyInterval } from '../ports/every-interval.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { Store } from '../store/store.ts'
import { createBatches } from './batches.ts'
import { cancel } from './cancel.ts'
import { createDesk, type Desk } from './desk.ts'
import { createHeldRuns } from './held-runs.ts'
import { createLostRuns } from './lost-runs.ts'
import { failOverdue } from './overdue.ts'
import { createQueue, type Queue } from './queue.ts'
import { createRoster, type Seat } from './roster.ts'
import type { Run } from './run.ts'
import { createStep } from './step.ts'
import type { StreamLine } from './stream-line.ts'
import { submit } from './submit.ts'
import { createWaker } from './waker.ts'
import { watchRun } from './watch.ts'

export type Submission = {
  readonly agent: string
  readonly job: string
  readonly connection: string
  /** As the caller sent them; they are held to the contract of the job. */
  readonly params: unknown
  /** 5 minutes where it is left out, 7 days at most. */
  readonly ttlMs?: number | undefined
  /** With the same key and the same content, the run that exists is answered. */
  readonly idempotencyKey?: string | undefined
  /** The customer's word for this very run, whose id is in it. */
  readonly approval?: string | undefined
  /** Who asks, as the agent's ledger will show it. */
  readonly requester: string
}

export type Watch = {
  readonly run: string
  /** Go on where an earlier watch of this attempt stopped; where another one took over, its rows come from the first. */
  readonly attempt?: number | undefined
  /** Number of the first row that is wanted; 0 where it is left out. */
  readonly from?: number | undefined
  /** In place of `from`: number of the first page that is wanted. */
  readonly page?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export type Runs = {
  /**
   * Throws `agent_unknown`, `agent_disabled`, `job_unknown`, `params_invalid` (naming the param), `request_invalid` for the
   * connection or the ttl, `idempotency_conflict`.
   */
  submit(submission: Submission): Promise<{ readonly run: Run; readonly existing: boolean }>
  get(id: string): Promise<Run | undefined>
  list: Store['runs']['list']
  /**
   * Answers with the run as it then is: a write that was sent ends when the agent says how. Where it changes anything, the audit
   * log says with it that `actor` asked. Throws `run_unknown`.
   */
  cancel(actor: string, id: string): Promise<Run>
  /** Reads only as fast as it is asked, and follows the run to its end. Throws `run_unknown`, and the signal's reason. */
  watch(watch: Watch): AsyncIterable<StreamLine>
  /** For the gateway alone. */
  readonly desk: Desk
  close(): Promise<void>
}

/** For everybody but the gateway. */
export type OpenRuns = Omit<Runs, 'desk' | 'close'>

export type RunsOptions = {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

const sweepMs = 1000

/** Also looks once a second for what expired, was lost or is overdue. Closing ends that, and wakes nobody. */
export function createRuns({ store, clock, random, log }: RunsOptions): Runs {
  const waker = createWaker()
  const step = createStep({ store, clock, changed: waker.wake })
  const roster = createRoster()
  const batches = createBatches({ clock, log })
  const heldRuns = createHeldRuns({ roster, clock, released: (agent) => void queue.pump(agent) })
  const queue: Queue = createQueue({ store, clock, log, step, waker, roster, heldRuns, batches })
  const lostRuns = createLostRuns({ store, clock, step, heldRuns, queue })
  const closing = new AbortController()
  const recover = async (): Promise<void> => {
    try {
      await lostRuns.recover()
    } catch (error) {
      log.error('runs.not_recovered', { error })
      await clock.sleep(sweepMs, closing.signal)
      await recover()
    }
  }
  // Agents wait for it. Closing ends it too, and nobody needs it then.
  const recovered = recover()
  recovered.catch(() => {})

  const sweep = async () => {
    await queue.expire()
    await lostRuns.sweep()
    await failOverdue({ store, clock, step, heldRuns, waker })
    await Promise.all(roster.agents().map(queue.pump))
  }
  const swept = everyInterval({ clock, ms: sweepMs, signal: closing.signal }, async () => {
    await sweep().catch((error: unknown) => log.error('runs.sweep_failed', { error }))
  })

  const take = (submission: Submission, wanted?: Seat) =>
    submit({ store, clock, random, heldRuns, queue, batches }, submission, wanted)

  return {
    submit: (submission) => take(submission),
    get: store.runs.get,
    list: store.runs.list,
    cancel: (actor, id) => cancel({ store, clock, step, heldRuns, lostRuns }, { actor, id }),
    watch: (watch) => watchRun({ store, waker }, watch),
    desk: createDesk({ store, clock, log, step, waker, roster, heldRuns, queue, lostRuns, recovered, submit: take }),
    async close() {
      closing.abort()
      await swept
    },
  }
}
