// Cancelling: what waits ends at once, and so does a read, which changes nothing wherever it is. Of a write that was sent, the
// agent says how it ends.

import { SallyportError } from '@sallyport/protocol'
import type { Clock } from '../ports/clock.ts'
import type { AuditEntry, Store } from '../store/store.ts'
import type { HeldRuns } from './held-runs.ts'
import type { LostRuns } from './lost-runs.ts'
import type { Run } from './run.ts'
import { isFinal, markHeld, type Step } from './step.ts'

export type CancelOptions = {
  readonly store: Pick<Store, 'runs'>
  readonly clock: Pick<Clock, 'now'>
  readonly step: Step
  readonly heldRuns: HeldRuns
  readonly lostRuns: LostRuns
}

type Asked = { readonly actor: string; readonly id: string }

/** Throws `run_unknown`. Answers with the run as it then is. That it was asked for is noted in one step with it, once. */
export async function cancel(options: CancelOptions, { actor, id }: Asked): Promise<Run> {
  const { store, clock, step } = options
  // Between reading and changing, the run may move on; it does so a few times at most.
  while (true) {
    const run = await store.runs.get(id)
    if (run === undefined) {
      throw new SallyportError('run_unknown', `cancel the run ${id.slice(0, 64)}: there is none of this id.`)
    }
    if (isFinal(run.state) || run.cancelAskedAt !== null) return run
    const cancelAskedAt = clock.now()
    const noted = noteOf(run, { at: cancelAskedAt, actor })
    if (run.state === 'queued') {
      const cancelled = await step(run, 'cancelQueued', { cancelAskedAt, error: unsent, noted })
      if (cancelled !== undefined) return cancelled
      continue
    }
    const marked = await markHeld(store, run, { change: { cancelAskedAt }, noted })
    if (marked === undefined) continue
    return await passOn(options, marked)
  }
}

/** What the audit log says of it; the state is the one that it was asked for in. */
function noteOf({ id: target, agent, state }: Run, by: Pick<AuditEntry, 'at' | 'actor'>): AuditEntry {
  return { ...by, action: 'run.cancelled', target, details: { agent, state } }
}

async function passOn({ store, step, heldRuns, lostRuns }: CancelOptions, run: Run): Promise<Run> {
  const held = heldRuns.get(run.id)
  if (held === undefined || held.run.attempt !== run.attempt) {
    // It was given back, or ended, while it was marked.
    const now = (await store.runs.get(run.id)) ?? run
    return (await step(now, 'cancelQueued', { error: unsent })) ?? now
  }
  held.askCancel()
  const { seat } = held
  // Before `welcome` nothing may be said: the cancel follows it.
  if (seat?.isOpen() === false) return run
  // Before its batch is out it would say nothing to the agent: it follows that.
  if (held.sent) seat?.session.send({ type: 'cancel', run: run.id })
  if (seat === undefined || run.effect === 'read') await lostRuns.settle(held)
  return (await store.runs.get(run.id)) ?? run
}

const unsent = { code: 'cancelled', message: 'cancel the run: it was cancelled before it was sent.' }
