// One run in this replica: what happens to it, as verbs, and the one function that changes its state. Whom to tell of it is
// the business of runs.ts.

import { type Effect, type JobContract, type JobName, type Outcome, SallyportError } from '@sallyport/protocol'
import type { Instant } from '../ports/instant.ts'
import type { Order } from './batch.ts'
import { type Answer, Output } from './output.ts'

/**
 *             begin             answer              forget
 *   waiting ─────────▶ running ─────────▶ answered ─────────▶ forgotten
 *      │                │   ▲                ▲  ▲                  │
 *      └──── answer ────┼───┼────────────────┘  └───── retell ─────┘ a write, asked again
 *               abandon │   │ retell
 *                       ▼   │
 *                      followed ──▶ forgotten
 *
 *   waiting · running ──▶ forgotten: handed back, or abandoned before any change
 *   followed: abandoned after a change may have left the host. Nothing is told of it, but its answer is waited for and kept.
 */
export type HeldState = 'waiting' | 'running' | 'followed' | 'answered' | 'forgotten'

const steps: Readonly<Record<HeldState, readonly HeldState[]>> = {
  waiting: ['running', 'answered', 'forgotten'],
  running: ['followed', 'answered', 'forgotten'],
  followed: ['running', 'forgotten'],
  answered: ['forgotten'],
  forgotten: ['answered'],
}

/** What the gate made of an order. */
export type Admission = {
  readonly job: JobName
  readonly effect: Effect
  readonly contract: JobContract
  readonly params: unknown
  readonly connection: string
}

export class HeldRun {
  readonly id: string
  readonly digest: string
  readonly order: Order
  readonly received: Instant
  readonly output: Output
  readonly #abort = new AbortController()
  #state: HeldState = 'waiting'
  #attempt: number
  #admission: Admission | undefined
  #halted = false
  #changing = false

  /** `changed` is called with the run whenever it may have something new to say. */
  constructor(order: Order, received: Instant, changed: (run: HeldRun) => void) {
    this.id = order.run.id
    this.digest = order.digest
    this.order = order
    this.received = received
    this.#attempt = order.attempt
    this.output = new Output(this.id, order.attempt, () => changed(this))
  }

  get state(): HeldState {
    return this.#state
  }

  /** The one that it is told as. */
  get attempt(): number {
    return this.#attempt
  }

  get admission(): Admission | undefined {
    return this.#admission
  }

  /** Its handler shall end, and its calls of JumpCloud. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** From now on nothing more may be sent to JumpCloud that changes it. Never untrue again. */
  get halted(): boolean {
    return this.#halted
  }

  /** A change may have left the host: it can no longer be cancelled, only be told. Never untrue again. */
  get changing(): boolean {
    return this.#changing
  }

  /** Nothing of it is told, unless it is asked for again. */
  get silent(): boolean {
    return this.#state === 'followed' || this.#state === 'forgotten'
  }

  /** It is over soon, so it goes before the others. */
  get short(): boolean {
    return this.#admission?.contract.rows === 'one' || this.#admission?.effect === 'write'
  }

  /** Of a run that ends without its rows, by what is known of its changes; undefined for a read. */
  get outcomeSoFar(): Outcome | undefined {
    return this.#changing ? 'unknown' : this.untouched
  }

  /** The outcome where it is sure that nothing was changed; undefined for a read. */
  get untouched(): Outcome | undefined {
    return this.#admission?.effect === 'write' ? 'not_applied' : undefined
  }

  admit(admission: Admission): void {
    this.#admission = admission
  }

  begin(): void {
    this.#step('running')
  }

  /** Asks for leave to send a change. */
  change(): boolean {
    if (this.#halted) return false
    this.#changing = true
    return true
  }

  /** Ends a run that has no answer yet. */
  answer(final: Answer): void {
    this.settle()
    this.output.finish(final)
  }

  /** Nothing of it is under way any more. */
  settle(): void {
    if (this.#state === 'waiting' || this.#state === 'running') this.#step('answered')
  }

  /** False where it is too late for that, because a change may have left: its outcome follows. */
  cancel(): boolean {
    this.#halted = true
    if (this.#changing) return false
    const error = this.cancelled()
    const { code, message } = error
    this.answer({ type: 'failed', error: { code, message }, outcome: this.outcomeSoFar })
    this.#abort.abort(error)
    return true
  }

  /** The plane gave it to another attempt. What may have left is followed to its answer; anything else is forgotten. */
  abandon(): void {
    this.#halted = true
    this.#step(this.#state === 'running' && this.#changing ? 'followed' : 'forgotten')
    if (this.output.answered === undefined && !this.#changing) this.output.drop()
    this.#abort.abort(new SallyportError('cancelled', `run ${this.order.run.job}: another attempt has taken over`))
  }

  /** Its answer may not leave the host: this error goes instead. */
  overrule(error: SallyportError): void {
    this.#halted = true
    const { code, message } = error
    this.output.overrule({ type: 'failed', error: { code, message }, outcome: this.outcomeSoFar })
    this.#abort.abort(error)
  }

  /** It goes on as it is, and is told from its beginning, under the higher of the two numbers. */
  retell(attempt: number): void {
    if (this.#state === 'followed') this.#step('running')
    if (this.#state === 'forgotten') this.#step('answered')
    this.#attempt = Math.max(attempt, this.#attempt)
    this.output.become(this.#attempt)
    this.output.rewind(0)
  }

  forget(): void {
    this.#step('forgotten')
  }

  cancelled(): SallyportError {
    return new SallyportError('cancelled', `run ${this.order.run.job}: cancelled before anything was changed`)
  }

  /** A step that the drawing does not have is a defect and throws. */
  #step(to: HeldState): void {
    if (!steps[this.#state].includes(to)) throw new Error(`run ${this.id}: no step from ${this.#state} to ${to}`)
    this.#state = to
  }
}
