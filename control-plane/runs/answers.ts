// What an agent says of its runs. A page is stored before it is acknowledged, and so is an answer. What is said of an attempt
// that does not count any more is acknowledged too, so that the agent forgets it, and dropped.

import type { AgentFrame, WireError } from '@sallyport/protocol'
import { SallyportError } from '@sallyport/protocol'
import type { RunChange, Store } from '../store/store.ts'
import type { HeldRun } from './held-run.ts'
import type { HeldRuns } from './held-runs.ts'
import type { Seat } from './roster.ts'
import { markHeld, type Step, type StepName } from './step.ts'
import type { Waker } from './waker.ts'

export type AnswersOptions = {
  readonly store: Pick<Store, 'pages' | 'runs'>
  readonly step: Step
  readonly heldRuns: HeldRuns
  readonly waker: Waker
}

type FrameOf<Type extends AgentFrame['type']> = Extract<AgentFrame, { type: Type }>
type Arrival<Frame> = { readonly seat: Seat; readonly frame: Frame; readonly rows: string | undefined }

export async function takeAccepted({ step }: AnswersOptions, { seat, frame }: Arrival<FrameOf<'accepted'>>) {
  const held = holder(seat, frame)
  if (held !== undefined) await step(held.run, 'accept')
}

export async function takePage(options: AnswersOptions, arrival: Arrival<FrameOf<'page'>>): Promise<void> {
  const { store, waker } = options
  const { seat, frame } = arrival
  const { run, attempt, seq } = frame
  const held = holder(seat, frame)
  const rows = rowsFor(held, arrival)
  if (held !== undefined) {
    const taken = held.tally?.take({ seq, text: rows, rows: frame.rows })
    // Another write to the store failed: the session is being closed, and nothing may be acknowledged.
    if (taken === undefined) return
    if (taken === 'gap') return seat.session.close('frame_unexpected', `page ${seq} of run ${run} left out a number`)
    if (taken === 'taken') await storePage(store, { run, attempt, seq, rows, rowCount: frame.rows.length })
    waker.wake(run)
  }
  seat.session.send({ type: 'ack', run, attempt, seq })
  giveCredit(seat, run, rows)
}

export async function takeDone(options: AnswersOptions, arrival: Arrival<FrameOf<'done'>>): Promise<void> {
  const { seat, frame } = arrival
  const held = holder(seat, frame)
  const rows = frame.rows === undefined ? '' : rowsFor(held, arrival)
  if (held !== undefined) {
    if (held.tally === undefined) return
    const isNew = frame.rows !== undefined && held.tally.take({ seq: 0, text: rows, rows: frame.rows }) === 'taken'
    held.tally.check(frame)
    const { run, attempt } = frame
    // Both are asked for in one tick, so they are one commit.
    const stored = isNew
      ? storePage(options.store, { run, attempt, seq: 0, rows, rowCount: frame.rowCount })
      : undefined
    const outcome = held.run.effect === 'write' ? (frame.outcome ?? 'unknown') : null
    await Promise.all([stored, end(options, held, 'finish', { outcome, sha256: frame.sha256 })])
  }
  acknowledge(seat, frame)
  giveCredit(seat, frame.run, rows)
}

export async function takeFailed(options: AnswersOptions, { seat, frame }: Arrival<FrameOf<'failed'>>): Promise<void> {
  const held = holder(seat, frame)
  if (held !== undefined) {
    const name = frame.error.code === 'cancelled' && held.cancelAsked ? 'cancel' : 'fail'
    const outcome = held.run.effect === 'write' ? (frame.outcome ?? null) : null
    await end(options, held, name, { error: shortened(frame.error), outcome })
  }
  acknowledge(seat, frame)
}

/** Of one run, or of all runs of a batch that the agent could not believe. */
export async function takeRefused(
  options: AnswersOptions,
  { seat, frame }: Arrival<FrameOf<'refused'>>,
): Promise<void> {
  const { run, attempt, batch = '' } = frame
  const error = shortened(frame.error)
  if (run === undefined || attempt === undefined) {
    const mates = [...(seat.batches.get(batch) ?? [])].filter(({ ended }) => !ended)
    await Promise.all(mates.map((held) => end(options, held, 'refuse', { error })))
    return
  }
  const held = holder(seat, { run, attempt })
  const name = error.code === 'run_expired' ? 'outlive' : 'refuse'
  if (held !== undefined) await end(options, held, name, { error })
  acknowledge(seat, { run, attempt })
}

export async function takeTooLate({ store, waker }: AnswersOptions, { seat, frame }: Arrival<FrameOf<'too_late'>>) {
  const held = holder(seat, frame)
  if (held === undefined || !held.cancelAsked) return
  await markHeld(store, held.run, { cancelTooLate: true })
  waker.wake(frame.run)
}

/** The plane finds that the run cannot end well; the agent is told to stop. What a write did is then not known. */
export async function failHere(options: AnswersOptions, held: HeldRun, error: WireError): Promise<void> {
  const { seat, run } = held
  await end(options, held, 'fail', { error, outcome: run.effect === 'write' ? 'unknown' : null })
  seat?.session.send({ type: 'cancel', run: run.id })
}

/** The run, where this is the session that has it, and the attempt that counts. */
export function holder(
  seat: Seat,
  { run, attempt }: { readonly run: string; readonly attempt: number },
): HeldRun | undefined {
  const held = seat.runs.get(run)
  return held !== undefined && !held.ended && held.run.attempt === attempt ? held : undefined
}

async function end(
  { step, heldRuns }: AnswersOptions,
  held: HeldRun,
  name: StepName,
  change: RunChange,
): Promise<void> {
  held.ended = true
  await step(held.run, name, change).catch((error: unknown) => {
    // The session is closed for it. The replica comes back with the run, and what is stored of it then counts.
    Object.assign(held, { tally: undefined, ended: false })
    throw error
  })
  heldRuns.release(held)
}

/** Of what is dropped anyway nobody asks whether it was written well. */
function rowsFor(held: HeldRun | undefined, { rows }: { readonly rows: string | undefined }): string {
  if (rows !== undefined) return rows
  if (held === undefined) return ''
  throw new SallyportError('digest_mismatch', 'cut the rows out of a page: `rows` is not its last member.')
}

async function storePage(store: AnswersOptions['store'], page: Parameters<Store['pages']['add']>[0]): Promise<void> {
  if ((await store.pages.add(page)) !== 'gap') return
  throw new SallyportError('digest_mismatch', `store page ${page.seq}: the store has another page of that number.`)
}

function acknowledge(seat: Seat, { run, attempt }: { readonly run: string; readonly attempt: number }): void {
  seat.session.send({ type: 'ack', run, attempt, seq: 'final' })
}

function giveCredit(seat: Seat, run: string, rows: string): void {
  seat.credit.stored(seat.runs.has(run) ? run : undefined, Buffer.byteLength(rows))
}

function shortened(error: WireError): WireError {
  return { ...error, message: error.message.slice(0, 2000) }
}
