// Runs that wait for a session with room: sent oldest first, as soon as there is one. It knows which agents have none waiting.

import { type Effect, limits } from '@sallyport/protocol'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Store } from '../store/store.ts'
import type { Batches } from './batches.ts'
import { contractOf } from './contract-of.ts'
import type { HeldRuns } from './held-runs.ts'
import type { Roster } from './roster.ts'
import type { Run } from './run.ts'
import type { Step } from './step.ts'
import type { Waker } from './waker.ts'

export type Queue = {
  /** True where no run of the agent waits, so that a new one need not either. */
  isEmpty(agent: string): boolean
  /** A run was stored as queued. */
  joined(agent: string): void
  /** There may be room: sends what waits, as far as there is. */
  pump(agent: string): Promise<void>
  /** Ends what waited too long. */
  expire(): Promise<void>
}

type QueueOptions = {
  readonly store: Pick<Store, 'runs'>
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  readonly step: Step
  readonly waker: Waker
  readonly roster: Roster
  readonly heldRuns: HeldRuns
  readonly batches: Batches
}

export function createQueue(options: QueueOptions): Queue {
  const { log, roster } = options
  /** Agents of which nothing waits; at the start nobody knows, so none is here. */
  const empty = new Set<string>()
  const pumping = new Set<string>()

  const pump = async (agent: string) => {
    if (pumping.has(agent)) return
    pumping.add(agent)
    try {
      while (!empty.has(agent)) {
        const effects = roster.room(agent)
        if (effects.length === 0) break
        // Said before the store is read: a run that joins meanwhile unsays it.
        empty.add(agent)
        const left = await sendSome(options, agent, effects)
        if (left !== 'none') empty.delete(agent)
        if (left === 'no room') break
      }
    } catch (error) {
      // The next run that ends or joins, or the next sweep, tries again.
      empty.delete(agent)
      log.error('dispatch.failed', { agent, error })
    } finally {
      pumping.delete(agent)
    }
  }

  return {
    isEmpty: (agent) => empty.has(agent),
    joined: (agent) => {
      empty.delete(agent)
      void pump(agent)
    },
    pump,
    expire: () => expire(options),
  }
}

type Left = 'none' | 'more' | 'no room'

async function sendSome(options: QueueOptions, agent: string, effects: readonly Effect[]): Promise<Left> {
  await expire(options)
  const runs = await options.store.runs.queued(agent, { effects, limit: limits.batchRunsCount })
  const placed = await Promise.all(runs.map((run) => sendQueued(options, run)))
  if (placed.includes(false)) return 'no room'
  if (runs.length === limits.batchRunsCount) return 'more'
  // Whether a write waits, nobody looked.
  return effects.includes('write') ? 'none' : 'no room'
}

/** False where no session has room for it. */
async function sendQueued({ step, heldRuns, batches }: QueueOptions, run: Run): Promise<boolean> {
  const contract = await contractOf(run.job).catch(() => undefined)
  if (contract === undefined) {
    const message = `send ${run.job}: this version of the control plane has no such job.`
    await step(run, 'fail', { error: { code: 'job_unknown', message } })
    return true
  }
  const held = heldRuns.take(run, contract)
  if (held === undefined) return false
  const { attempt, replica, journal } = held.run
  const sent = await step(run, 'send', { attempt, replica, journal }).catch((error: unknown) => {
    heldRuns.release(held)
    throw error
  })
  if (sent === undefined) heldRuns.release(held)
  else batches.add(held)
  return true
}

async function expire({ store, clock, waker }: QueueOptions): Promise<void> {
  for (const run of await store.runs.expire(clock.now())) waker.wake(run)
}
