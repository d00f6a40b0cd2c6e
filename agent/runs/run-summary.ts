// A held run as people on the host see it: what it is and how far it is, and nothing of what is in it.

import type { HeldRun } from './held-run.ts'
import type { HeldState } from './held-state.ts'

export type RunSummary = {
  readonly run: string
  readonly attempt: number
  readonly job: string
  readonly connection: string
  /** As the control plane names them. */
  readonly requester: string
  readonly state: HeldState | 'parked'
  /** Null until it has passed the gate. */
  readonly effect: 'read' | 'write' | null
  readonly receivedAt: string
  /** Rows that were made so far. */
  readonly rows: number
}

export function summaryOf(run: HeldRun, isParked: boolean): RunSummary {
  const { job, connection, requester } = run.order.run
  return {
    run: run.id,
    attempt: run.attempt,
    job,
    connection,
    requester,
    state: isParked && run.state === 'running' ? 'parked' : run.state,
    effect: run.effect ?? null,
    receivedAt: new Date(Math.round(run.received.wallAt)).toISOString(),
    rows: run.output.sums.rows,
  }
}
