// Runs as callers see them: submitted, watched, cancelled.

import type { Store } from '../store/store.ts'
import type { Run } from './run.ts'
import type { StreamLine } from './stream-line.ts'

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
  /** Who asks, as the agent's ledger will show it. */
  readonly requester: string
}

export type Watch = {
  readonly run: string
  /** Go on where an earlier watch of this attempt stopped; where another one took over, its rows come from the first. */
  readonly attempt?: number | undefined
  /** Number of the first row that is wanted; 0 where it is left out. */
  readonly from?: number | undefined
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
  /** Answers with the run as it then is: what was sent already ends when the agent says how. Throws `run_unknown`. */
  cancel(id: string): Promise<Run>
  /** Reads only as fast as it is asked, and follows the run to its end. Throws `run_unknown`, and the signal's reason. */
  watch(watch: Watch): AsyncIterable<StreamLine>
}
