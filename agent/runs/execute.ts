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
import type { Progress, Step } from '../jumpcloud/bookmark.ts'
import { CallError } from '../jumpcloud/call-error.ts'
import type { JumpCloudLane, JumpCloudReads } from '../jumpcloud/port.ts'
import type { Log } from '../log.ts'
import type { Redaction } from '../policy/redaction.ts'
import type { Clock } from '../ports/clock.ts'
import { elapsedSince } from '../ports/instant.ts'
import { cancelledAfter, cancelledBefore } from './cancelled.ts'
import type { Admission } from './gate.ts'
import type { HeldRun } from './held-run.ts'
import { createPageCutter, type Page } from './page-cutter.ts'
import type { Progressed } from './run-journal.ts'

export type Execution = {
  readonly run: HeldRun
  readonly admission: Admission
  readonly handler: Handler
  /** Throws `credential_missing` where the connection has none. `progress` is of a read. */
  readonly jumpcloud: (progress?: Progress) => Promise<JumpCloudLane>
  /** By the policy under which it began. */
  readonly redaction: Redaction
  /** Of a write, before anything is changed: the policy's last word, by what JumpCloud says. Rejects with `policy_denied`. */
  readonly permit: (jumpcloud: JumpCloudReads) => Promise<Admission>
  /** Of a write: everything was denied, and nothing more may leave. */
  readonly isPanic: () => boolean
  /** Of a write that has ended: so many changes were sent at most. */
  readonly settled: (sentCount: number) => Promise<void>
  readonly clock: Clock
  readonly log: Log
}

/** Never rejects: when it resolves the run is answered, suspended or forgotten. */
export async function execute(execution: Execution): Promise<void> {
  const { run, admission, log } = execution
  try {
    if (admission.effect === 'write') await changeAndSettle(execution)
    else await read(execution)
  } catch (error) {
    if (run.isSuspended) return
    const answer = wireErrorOf(whyEnded(run, error), run.order.run.job)
    if (answer.code === 'internal_error') log.error('run.broken', { run: run.id, job: admission.job, error })
    // A handler throws only while nothing was changed, so the refusal of the one change that was sent is the whole story;
    // unless an earlier process had changed something.
    const refused = run.past === undefined && error instanceof CallError && (error.refused || error.sent === 'no')
    await run.finish({ type: 'failed', error: answer, outcome: refused ? run.untouched : run.outcomeSoFar })
  }
}

/** Of a run that was cancelled, its calls end with that, whatever they say. */
function whyEnded({ halted, changing, order }: HeldRun, error: unknown): unknown {
  const { job } = order.run
  if (halted && !changing) return cancelledBefore(job)
  const isCancelled = error instanceof SallyportError && error.code === 'cancelled'
  return isCancelled && changing ? cancelledAfter(job) : error
}

/** A page leaves for the journal and then for the plane as soon as JumpCloud's page was read, so that nothing is read twice. */
async function read({ run, admission, handler, jumpcloud, redaction }: Execution): Promise<void> {
  const cutter = createPageCutter(run.output.lastPage)
  const keep = async (page: Page | undefined) => {
    if (page === undefined) return
    await run.journal.page({ page, step: step() })
    run.output.add(page)
    run.checkpoint()
    await run.output.room()
  }
  const onPageTaken = () => keep(cutter.rest())
  const lane = await jumpcloud({ onPageTaken, steps: run.past?.steps ?? [] })
  const step = (): Step | undefined => lane.step()

  const common = { params: admission.params, signal: run.signal, redaction: redaction.events }
  for await (const value of handler({ ...noChanges, ...common, jumpcloud: lane })) {
    const row = redaction.row(parseRow(admission.contract, value))
    await keep(fitting(cutter.add(JSON.stringify(row)), admission))
    run.signal.throwIfAborted()
  }
  const last = cutter.rest()
  await run.finish({ type: 'done', outcome: undefined }, last === undefined ? [] : [{ page: last, step: step() }])
}

async function changeAndSettle(execution: Execution): Promise<void> {
  const { run, settled, log } = execution
  const sent = new Set<string>()
  try {
    await change(execution, sent)
  } finally {
    // Where that fails, more is counted than was sent.
    await settled(sent.size).catch((error: unknown) => log.warn('run.not_journalled', { run: run.id, error }))
  }
}

/** What a write says is told as a whole: its rows go into the journal with its answer. */
async function change(execution: Execution, sent: Set<string>): Promise<void> {
  const { run, handler, jumpcloud, permit } = execution
  const cutter = createPageCutter()
  const made: Progressed[] = []
  const outcomes = new Set<Outcome>()
  const lane = await jumpcloud()
  // Of an earlier process it only looks at what became of it.
  const admission = run.past === undefined ? await permit(lane) : execution.admission
  const common = { params: admission.params, signal: run.signal, redaction: execution.redaction.events }
  for await (const value of handler({ ...changesOf(execution, sent), ...common, jumpcloud: lane })) {
    const row = parseRow(admission.contract, value)
    outcomes.add(writtenOutcome.parse(row).outcome)
    const page = fitting(cutter.add(JSON.stringify(row)), admission)
    if (page !== undefined) made.push({ page, step: undefined })
    // What was sent is followed to its rows; a handler that may send nothing more comes to its end by itself.
    if (!run.changing) run.signal.throwIfAborted()
  }
  const last = cutter.rest()
  if (last !== undefined) made.push({ page: last, step: undefined })
  await run.finish({ type: 'done', outcome: worstOutcome(outcomes) }, made)
}

function fitting(page: Page | undefined | null, { job }: Admission): Page | undefined {
  if (page !== null) return page
  throw new SallyportError('row_too_large', `run ${job}: one row is larger than a page of 256 KiB`)
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

type Changes = Pick<WriteContext, 'intent' | 'mayLeave' | 'settle' | 'earlier'>

const noChanges: Changes = {
  intent: async () => false,
  mayLeave: () => false,
  settle: async () => {},
  earlier: () => undefined,
}

/**
 * No write starts later than 10 s after its run was received, by the stricter of both clocks, so that it can be given to
 * another replica after that. From the first change that may start, the run can no longer be cancelled.
 */
function changesOf({ run, admission, clock, isPanic }: Execution, sent: Set<string>): Changes {
  const mayLeave = () => {
    if (isPanic()) return false
    const { monotonicMs, wallMs } = elapsedSince(run.received, clock)
    return Math.max(monotonicMs, wallMs) <= times.startWithinMs
  }
  return {
    intent: async (target) => {
      if (run.halted || !mayLeave()) return false
      const may = (await run.journal.intend(target)) && mayLeave() && run.change()
      if (!may) return false
      sent.add(target)
      run.ledger.intended(target)
      return true
    },
    mayLeave,
    settle: (target, row) => {
      if (isUnsent(row)) sent.delete(target)
      run.ledger.settled(target, row)
      return run.journal.settle(target, row)
    },
    earlier: (target) => {
      if (!run.past?.targets.has(target)) return undefined
      const row = run.past.targets.get(target)
      return row === undefined ? 'intended' : parseRow(admission.contract, row)
    },
  }
}

function isUnsent(row: unknown): boolean {
  return z.object({ outcome: z.literal('not_applied'), reason: z.literal('not_sent') }).safeParse(row).success
}

export function wireErrorOf(error: unknown, job: string): WireError {
  if (!(error instanceof SallyportError)) {
    return { code: 'internal_error', message: `run ${job}: a defect in the agent; its log has the details` }
  }
  const { code, message, rule } = error
  return { code, message: message.slice(0, 2000), ...(rule === undefined ? {} : { rule: rule.slice(0, 500) }) }
}
