// What a handler is: how a job is done, given its context and nothing else. What the job is, is in its contract.

import type { JobContract, ParamsOf, RowOf } from '@sallyport/protocol/job-contract'
import type { JumpCloudReads, JumpCloudWrites } from '../jumpcloud/port.ts'
import type { EventRedaction } from '../policy/redaction.ts'

export type ReadContext<Params = unknown> = {
  readonly params: Params
  readonly jumpcloud: JumpCloudReads
  /** Aborted when the run is cancelled or the agent stops now; JumpCloud's calls know it already. */
  readonly signal: AbortSignal
  /** What the policy takes out of free-form objects; members of rows themselves are taken out after the handler. */
  readonly redaction: EventRedaction
}

export type WriteContext<Params = unknown, Row = unknown> = Omit<ReadContext<Params>, 'jumpcloud'> & {
  readonly jumpcloud: JumpCloudWrites
  /**
   * Awaited right before a change is sent, with what it is about to change (a user's id). After true it is sent and
   * followed to its outcome, whatever becomes of the run; after false it must not be sent any more.
   */
  intent(target: string): Promise<boolean>
  /** At once, at the last moment before the first byte leaves: false where it has become too late. */
  mayLeave(): boolean
  /** Awaited as soon as it is known what became of a target that was intended: its row. After a crash it is not asked again. */
  settle(target: string, row: Row): Promise<void>
  /** What an earlier process of this run left: the row, `intended` where it may have sent the change, undefined for nothing. */
  earlier(target: string): Row | 'intended' | undefined
}

/**
 * Yields rows as they come, at most one for each row of its listing; what it throws ends the run. The row schema of the contract is applied by whoever runs it.
 */
export type ReadHandler<Contract extends JobContract> = (
  context: ReadContext<ParamsOf<Contract>>,
) => AsyncIterable<RowOf<Contract>>

export type WriteHandler<Contract extends JobContract> = (
  context: WriteContext<ParamsOf<Contract>, RowOf<Contract>>,
) => AsyncIterable<RowOf<Contract>>

/** A handler as the runner sees it: which job it belongs to, the generated list knows. */
export type Handler = (context: WriteContext) => AsyncIterable<unknown>
