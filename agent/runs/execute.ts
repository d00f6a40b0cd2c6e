// Runs one handler to its end: rows become pages, the end becomes an answer. Whatever a handler throws becomes an answer too.

import {
  type JobContract,
  type Outcome,
  outcome,
  SallyportError,
  times,
  type WireError,
  worstOutcome,
} from '@sallyport/protocol'
import { z } from 'zod'
import type { Handler, WriteContext } from '../jobs/handler.ts'
import { CallError } from '../jumpcloud/call-error.ts'
import type { JumpCloudLane } from '../jumpcloud/port.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import { elapsedSince } from '../ports/instant.ts'
import type { Admission, HeldRun } from './held-run.ts'
import { createPageCutter } from './page-cutter.ts'

export type Execution = {
  readonly run: HeldRun
  readonly admission: Admission
  readonly handler: Handler
  /** Throws `credential_missing` where the connection has none. */
  readonly jumpcloud: () => Promise<JumpCloudLane>
  readonly clock: Clock
  readonly log: Log
}

/** Never rejects: the run is answered when it resolves. */
export async function execute(execution: Execution): Promise<void> {
  const { run, admission, log } = execution
  try {
    const outcomes = await pourRows(execution)
    run.output.finish({ type: 'done', outcome: admission.effect === 'write' ? worstOutcome(outcomes) : undefined })
  } catch (error) {
    const answer = wireErrorOf(run.halted && !run.changing ? run.cancelled() : error, run.order.run.job)
    if (answer.code === 'internal_error') log.error('run.broken', { run: run.id, job: admission.job, error })
    // A handler throws only while nothing was changed, so the refusal of the one change that was sent is the whole story.
    const refused = error instanceof CallError && (error.refused || error.sent === 'no')
    run.output.finish({ type: 'failed', error: answer, outcome: refused ? run.untouched : run.outcomeSoFar })
  }
}

async function pourRows(execution: Execution): Promise<ReadonlySet<Outcome>> {
  const { run, admission, handler, jumpcloud } = execution
  const cutter = createPageCutter()
  const outcomes = new Set<Outcome>()
  const context: WriteContext = {
    params: admission.params,
    jumpcloud: await jumpcloud(),
    signal: run.signal,
    intent: intentOf(execution),
  }
  for await (const value of handler(context)) {
    const row = parseRow(admission.contract, value)
    if (admission.effect === 'write') outcomes.add(writtenOutcome.parse(row).outcome)
    const page = cutter.add(JSON.stringify(row))
    if (page === null)
      throw new SallyportError('row_too_large', `run ${admission.job}: one row is larger than a page of 256 KiB`)
    if (page !== undefined) await run.output.push(page.rows, page.count)
    // What was sent is followed to its rows; a handler that may send nothing more comes to its end by itself.
    if (!run.changing) run.signal.throwIfAborted()
  }
  const rest = cutter.rest()
  if (rest !== undefined) await run.output.push(rest.rows, rest.count)
  return outcomes
}

const writtenOutcome = z.object({ outcome })

function parseRow(contract: JobContract, value: unknown): unknown {
  const parsed = contract.row.safeParse(value)
  if (parsed.success) return parsed.data
  const where = parsed.error.issues[0]?.path.map(String).join('.') || 'the row'
  throw new SallyportError(
    'row_invalid',
    `run ${contract.name}: ${where} does not fit what the job promises. JumpCloud may have changed its interface; update the agent.`,
  )
}

/**
 * Asked right before each change: from a yes on, the run can no longer be cancelled. No write starts later than 10 s after
 * its run was received, by the stricter of both clocks, so that it can be given to another replica after that.
 */
function intentOf({ run, clock }: Execution): WriteContext['intent'] {
  return async () => {
    const { monotonicMs, wallMs } = elapsedSince(run.received, clock)
    return Math.max(monotonicMs, wallMs) <= times.startWithinMs && run.change()
  }
}

export function wireErrorOf(error: unknown, job: string): WireError {
  if (!(error instanceof SallyportError)) {
    return { code: 'internal_error', message: `run ${job}: a defect in the agent; its log has the details` }
  }
  const { code, message, rule } = error
  return { code, message: message.slice(0, 2000), ...(rule === undefined ? {} : { rule: rule.slice(0, 500) }) }
}
