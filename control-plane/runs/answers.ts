// What an agent says of its runs. A page is stored before it is acknowledged, and so is an answer. What is said of an attempt
// that does not count any more is acknowledged too, so that the agent forgets it, and dropped.

import type { AgentFrame, WireError } from '@sallyport/protocol'
import { SallyportError } from '@sallyport/protocol'
import type { Clock } from '../ports/clock.ts'
import type { Store } from '../store/store.ts'
import type { HeldRun } from './held-run.ts'
import type { HeldRuns } from './held-runs.ts'
import type { Seat } from './roster.ts'
import { markHeld, type Step, type StepChange, type StepName } from './step.ts'
import type { Waker } from './waker.ts'

export type AnswersOptions = {
  readonly store: Pick<Store, 'pages' | 'runs'>
  readonly clock: Pick<Clock, 'monotonic'>
  readonly step: Step
  readonly heldRuns: HeldRuns
  readonly waker: Waker
}

/** A frame, the seat that it came from, and the text of its rows as it was sent. */
export type Arrival<Type extends AgentFrame['type']> = Extract<AgentFrame, { type: Type }> & {
  readonly seat: Seat
  readonly rowsText: string | undefined
}

export async function takeAccepted({ step, clock }: AnswersOptions, accepted: Arrival<'accepted'>): Promise<void> {
  const held = heldOf(accepted)
  if (held === undefined) return
  // Said again it is nothing new: an agent that only repeats itself would never be overdue.
  if ((await step(held.run, 'accept')) !== undefined) held.hear(clock.monotonic())
  else await step(held.run, 'goOn')
}

/** It is no news: an agent that parks and goes on for ever would never be overdue. */
export async function takeParked({ step }: AnswersOptions, parked: Arrival<'parked'>): Promise<void> {
  const held = heldOf(parked)
  if (held !== undefined) await step(held.run, 'park')
}

export async function takePage({ store, clock, waker }: AnswersOptions, page: Arrival<'page'>): Promise<void> {
  const { seat, run, attempt, seq, rows } = page
  const held = heldOf(page)
  const text = rowsTextOf(held, page)
  if (held !== undefined) {
    const taken = held.tally?.take({ seq, text, rows })
    // Another write to the store failed: the session is being closed, and nothing may be acknowledged.
    if (taken === undefined) return
    if (taken === 'gap') return seat.session.close('frame_unexpected', `page ${seq} of run ${run} left out a number`)
    const fresh = { run, attempt, seq, rows: text, rowCount: rows.length, parsed: rows }
    if (taken === 'taken' && rows.length > 0) held.hear(clock.monotonic())
    if (taken === 'taken') await storePage(store, fresh)
    waker.wake(run, fresh)
  }
  seat.session.send({ type: 'ack', run, attempt, seq })
  giveCredit(page, text)
}

export async function takeDone(options: AnswersOptions, done: Arrival<'done'>): Promise<void> {
  const { run, attempt, rows, rowCount, sha256 } = done
  const held = heldOf(done)
  const text = rows === undefined ? '' : rowsTextOf(held, done)
  if (held !== undefined) {
    if (held.tally === undefined) return
    const isNew = rows !== undefined && held.tally.take({ seq: 0, text, rows }) === 'taken'
    held.tally.check(done)
    const page = isNew ? { page: { run, attempt, seq: 0, rows: text, rowCount, parsed: rows } } : {}
    const outcome = held.run.effect === 'write' ? (done.outcome ?? 'unknown') : null
    await end(options, held, 'finish', { outcome, sha256, ...page })
  }
  acknowledge(done)
  giveCredit(done, text)
}

export async function takeFailed(options: AnswersOptions, failed: Arrival<'failed'>): Promise<void> {
  const held = heldOf(failed)
  if (held !== undefined) {
    const name = isCancelled(held, failed) ? 'cancel' : 'fail'
    const outcome = held.run.effect === 'write' ? (failed.outcome ?? null) : null
    await end(options, held, name, { error: shortened(failed.error), outcome })
  }
  acknowledge(failed)
}

/** `cancelled` says that nothing was changed, whatever else the agent says; of a run in doubt it says so of its own attempt. */
function isCancelled({ cancelAsked, run }: HeldRun, { error, outcome }: Arrival<'failed'>): boolean {
  const isUntouched = (outcome ?? 'not_applied') === 'not_applied' || (run.doubtful && outcome === 'unknown')
  return cancelAsked && error.code === 'cancelled' && isUntouched
}

/** Of one run, or of all runs of a batch that the agent could not believe. */
export async function takeRefused(options: AnswersOptions, refused: Arrival<'refused'>): Promise<void> {
  const { seat, run, attempt, batch = '' } = refused
  const error = shortened(refused.error)
  if (run === undefined || attempt === undefined) {
    const mates = [...(seat.batches.get(batch) ?? [])].filter(({ ended }) => !ended)
    await Promise.all(mates.map((held) => end(options, held, 'refuse', { error })))
    return
  }
  const held = heldOf(refused)
  const name = error.code === 'run_expired' ? 'outlive' : 'refuse'
  if (held !== undefined) await end(options, held, name, { error })
  acknowledge({ seat, run, attempt })
}

export async function takeTooLate({ store, waker }: AnswersOptions, tooLate: Arrival<'too_late'>): Promise<void> {
  const held = heldOf(tooLate)
  if (held === undefined || !held.cancelAsked) return
  await markHeld(store, held.run, { change: { cancelTooLate: true } })
  waker.wake(tooLate.run)
}

/** What is said of a run that failed here: dropped, so as much may come anew, and the agent forgets what it answered. */
export function drop(arrival: Arrival<AgentFrame['type']>): void {
  if (arrival.type === 'done' || arrival.type === 'failed') acknowledge(arrival)
  if (arrival.type === 'page' || arrival.type === 'done') giveCredit(arrival, rowsTextOf(undefined, arrival))
}

/** The plane finds that the run cannot end well; the agent is told to stop. What a write did is then not known. */
export async function failHere(options: AnswersOptions, held: HeldRun, error: WireError): Promise<void> {
  const { seat, run } = held
  await end(options, held, 'fail', { error, outcome: run.effect === 'write' ? 'unknown' : null })
  seat?.session.send({ type: 'cancel', run: run.id })
}

type Named = { readonly seat: Seat; readonly run?: string | undefined; readonly attempt?: number | undefined }

/** The run that is named, where this is the session that has it, and the attempt that counts. */
export function heldOf({ seat, run, attempt }: Named): HeldRun | undefined {
  const held = run === undefined ? undefined : seat.runs.get(run)
  return held !== undefined && !held.ended && held.run.attempt === attempt ? held : undefined
}

async function end(
  { step, heldRuns }: AnswersOptions,
  held: HeldRun,
  name: StepName,
  change: StepChange,
): Promise<void> {
  const stored = step(held.run, name, change).catch((error: unknown) => {
    // The session is closed for it. The replica comes back with the run, and what is stored of it then counts.
    held.distrust()
    throw error
  })
  held.end(stored)
  await stored
  heldRuns.release(held)
}

/** Of what is dropped anyway nobody asks whether it was written well. */
function rowsTextOf(held: HeldRun | undefined, { rows, rowsText }: Arrival<'page' | 'done'>): string {
  if (rowsText !== undefined) return rowsText
  if (held === undefined) return rows === undefined ? '' : JSON.stringify(rows)
  throw new SallyportError('digest_mismatch', 'cut the rows out of a page: `rows` is not its last member.')
}

async function storePage(store: AnswersOptions['store'], page: Parameters<Store['pages']['add']>[0]): Promise<void> {
  if ((await store.pages.add(page)) !== 'gap') return
  throw new SallyportError('digest_mismatch', `store page ${page.seq}: the store has another page of that number.`)
}

function acknowledge({ seat, run, attempt }: Pick<Arrival<'done'>, 'seat' | 'run' | 'attempt'>): void {
  seat.session.send({ type: 'ack', run, attempt, seq: 'final' })
}

function giveCredit({ seat, run }: Arrival<'page' | 'done'>, text: string): void {
  seat.credit.stored(seat.runs.has(run) ? run : undefined, Buffer.byteLength(text))
}

function shortened(error: WireError): WireError {
  return { ...error, message: error.message.slice(0, 2000) }
}
