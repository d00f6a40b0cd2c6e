// One run in this replica: what happens to it, as verbs. Whom to tell of it is the business of runs.ts.

import { type Effect, type Outcome, SallyportError } from '@sallyport/protocol'
import type { Instant } from '../ports/instant.ts'
import type { Order } from './batch.ts'
import { cancelledBefore } from './cancelled.ts'
import type { Admission } from './gate.ts'
import { createHeldStep, type HeldState, type HeldStep } from './held-state.ts'
import { inDoubt, type Told } from './in-doubt.ts'
import { type Answer, Output } from './output.ts'
import type { PastRun } from './past-run.ts'
import type { Progressed, RunJournal } from './run-journal.ts'
import { type RunLedger, sumsOf } from './run-ledger.ts'

export type HeldRunOptions = {
  readonly order: Order
  readonly received: Instant
  readonly journal: RunJournal
  readonly ledger: RunLedger
  /** Called with the run whenever it may have something new to say, and when it was suspended. */
  readonly changed: (run: HeldRun) => void
  /** What an earlier process left of it. */
  readonly past?: PastRun | undefined
}

export class HeldRun {
  readonly id: string
  readonly digest: string
  readonly order: Order
  readonly received: Instant
  readonly journal: RunJournal
  readonly ledger: RunLedger
  readonly past: PastRun | undefined
  readonly output: Output
  readonly #changed: (run: HeldRun) => void
  readonly #abort = new AbortController()
  readonly #step: HeldStep
  #attempt: number
  #doubtful: boolean
  #admission: Admission | undefined
  #halted: boolean
  #changing: boolean
  #stopping = false

  constructor({ order, received, journal, ledger, changed, past }: HeldRunOptions) {
    this.id = order.run.id
    this.digest = order.digest
    this.order = order
    this.received = received
    this.journal = journal
    this.ledger = ledger
    this.past = past
    this.#doubtful = order.doubtful
    this.output = new Output(this.id, order.attempt, () => changed(this), past?.output)
    this.output.amend((made) => this.#toTell(made))
    this.#changed = changed
    this.#attempt = order.attempt
    this.#step = createHeldStep(this.id, past?.output.answer === undefined ? 'waiting' : 'answered')
    // How long ago it was received only the process knew that received it: what it had not sent is not sent any more.
    this.#halted = past?.effect === 'write'
    this.#changing = this.#halted && this.state === 'waiting'
  }

  get state(): HeldState {
    return this.#step.state
  }

  /** The one that it is told as. */
  get attempt(): number {
    return this.#attempt
  }

  get admission(): Admission | undefined {
    return this.#admission
  }

  /** Undefined until it has passed the gate. */
  get effect(): Effect | undefined {
    return this.past?.effect ?? this.#admission?.effect
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
    return this.state === 'followed' || this.state === 'forgotten'
  }

  /** It ends in another process. */
  get isSuspended(): boolean {
    return this.state === 'suspended'
  }

  /** It is over soon, so it goes before the others. */
  get short(): boolean {
    return this.#admission?.contract.rows === 'one' || this.effect === 'write'
  }

  /** Of a run that ends without its rows, by what is known of its changes; undefined for a read. */
  get outcomeSoFar(): Outcome | undefined {
    return this.#changing ? 'unknown' : this.untouched
  }

  /** The outcome where it is sure that this replica changed nothing; undefined for a read. */
  get untouched(): Outcome | undefined {
    if (this.effect !== 'write') return undefined
    return this.#doubtful ? 'unknown' : 'not_applied'
  }

  admit(admission: Admission): void {
    this.#admission = admission
  }

  begin(): void {
    this.#step.to('running')
  }

  /** Asks for leave to send a change. */
  change(): boolean {
    if (this.#halted) return false
    this.#changing = true
    return true
  }

  /** Ends a run that has no answer yet, and of which nothing was changed that this would be too early for. */
  answer(final: Answer): void {
    this.settle()
    // Not awaited: after a crash in between the plane asks again, and is told the same.
    const recorded = this.#record(final)
    void this.#keep(final)
    this.output.finish(final, recorded)
  }

  /** The plane has pages up to and with `seq`. */
  stored(seq: number): void {
    const last = this.output.stored(seq)
    if (last >= 0) this.journal.stored(last)
  }

  /** The process is stopping: a read is left to the next one as soon as the journal has it. */
  suspend(): void {
    this.#stopping = true
    this.checkpoint()
  }

  /** The journal has a page more. */
  checkpoint(): void {
    if (!this.#stopping || this.effect !== 'read' || !this.journal.isHeld) return
    if (this.state !== 'waiting' && this.state !== 'running') return
    this.#step.to('suspended')
    this.#abort.abort(new SallyportError('attempt_lost', `run ${this.order.run.job}: the agent is stopping`))
    this.#changed(this)
  }

  /** Its handler has ended, and what it `made` last is told with the answer: a write's whole. The first answer counts. */
  async finish(final: Answer, made: readonly Progressed[] = []): Promise<void> {
    if (this.output.answered !== undefined || this.state === 'forgotten') return
    const { pages, answer = final } = this.#toTell({ pages: made.map(({ page }) => page), answer: final })
    // Before the journal has it: what it has, the next process tells without asking.
    if (this.effect === 'write') await this.#record(answer, sumsOf(pages))
    await this.#keep(final, made)
    const told = this.#toTell({ pages, answer })
    for (const page of told.pages) this.output.add(page)
    if (this.effect !== 'write' && this.output.answered === undefined) void this.#record(final)
    this.output.finish(told.answer ?? final)
  }

  /** Nothing of it is under way any more. */
  settle(): void {
    if (this.state === 'waiting' || this.state === 'running') this.#step.to('answered')
  }

  /** False where it is too late for that, because a change may have left: its outcome follows. */
  cancel(error = cancelledBefore(this.order.run.job)): boolean {
    this.#halted = true
    const { code, message, rule } = error
    // What was sent is followed; what only waits, or looks ahead, ends now.
    if (!this.#changing)
      this.answer({ type: 'failed', error: { code, message, ...(rule && { rule }) }, outcome: this.outcomeSoFar })
    this.#abort.abort(error)
    return !this.#changing
  }

  /** The plane gave it to another attempt. What may have left is followed, and may be told as that; the rest is forgotten. */
  abandon(record: 'abandoned' | 'handedBack' = 'abandoned'): void {
    this.#halted = true
    this.ledger[record]()
    if (this.state === 'running' && this.#changing) return this.#step.to('followed')
    this.forget()
    this.#abort.abort(new SallyportError('cancelled', `run ${this.order.run.job}: another attempt has taken over`))
  }

  /** Its answer may not leave the host: this error goes instead. */
  overrule(error: SallyportError): void {
    this.#halted = true
    const { code, message } = error
    const final: Answer = { type: 'failed', error: { code, message }, outcome: this.outcomeSoFar }
    const recorded = this.#record(final)
    void this.#keep(final)
    this.output.overrule(final, recorded)
    this.#abort.abort(error)
  }

  /** It goes on as it is, and is told from its beginning, under the higher of the two numbers; in doubt from then on, if it is. */
  retell({ attempt, doubtful }: Pick<Order, 'attempt' | 'doubtful'>): void {
    if (this.state === 'followed') this.#step.to('running')
    this.#attempt = Math.max(attempt, this.#attempt)
    this.#doubtful ||= doubtful
    this.output.become(this.#attempt)
    this.journal.become({ attempt: this.#attempt, doubtful: this.#doubtful })
    this.ledger.become({ attempt: this.#attempt, doubtful: this.#doubtful })
    this.output.amend((made) => this.#toTell(made))
    this.output.rewind(0)
  }

  forget(): void {
    this.#step.to('forgotten')
    this.output.drop()
    this.journal.forget()
  }

  /** The journal has what this replica did; what it may say of that is another matter. */
  #toTell(made: Told): Told {
    return this.#doubtful && this.effect === 'write' ? inDoubt(made) : made
  }

  #record(final: Answer, sums = this.output.sums): Promise<void> | undefined {
    return this.ledger.answered(final, sums, this.effect)
  }

  async #keep(final: Answer, made: readonly Progressed[] = []): Promise<void> {
    if (this.effect !== 'write') return this.journal.answerRead(final, made)
    await this.journal.answerWrite(final, made)
  }
}
