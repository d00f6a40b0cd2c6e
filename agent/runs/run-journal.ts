// What of one run the journal has, so that a crash does not lose it: of a write everything, of a read nothing until its
// second page. Where the journal cannot be written, a read goes on without it, and a write sends nothing more.

import { SallyportError } from '@sallyport/protocol'
import type { Journal } from '../journal/journal.ts'
import { RunNotHeldError } from '../journal/journal-error.ts'
import type { HeldRecord } from '../journal/records.ts'
import type { Step } from '../jumpcloud/bookmark.ts'
import type { Log } from '../log.ts'
import type { Order } from './batch.ts'
import type { Answer } from './output.ts'
import type { Page } from './page-cutter.ts'

/** A page, and how far its handler had come with it; without a step nobody can go on from there. */
export type Progressed = { readonly page: Page; readonly step: Step | undefined }

type Stage = 'unheld' | 'held' | 'over'

const steps: Readonly<Record<Stage, readonly Stage[]>> = { unheld: ['held', 'over'], held: ['over'], over: ['over'] }

export class RunJournal {
  readonly #journal: Journal
  readonly #record: Omit<HeldRecord, 'effect'>
  readonly #log: Log
  readonly #intended = new Set<string>()
  #stage: Stage
  /** Of a read, while there is no second page. */
  #first: Progressed | undefined

  /** `stage` is `held` for a run of an earlier process. */
  constructor(journal: Journal, record: Omit<HeldRecord, 'effect'>, log: Log, stage: 'unheld' | 'held') {
    this.#journal = journal
    this.#record = record
    this.#log = log
    this.#stage = stage
  }

  get isHeld(): boolean {
    return this.#stage === 'held'
  }

  /** Before a write is accepted. Rejects with `run_conflict` or `journal_unavailable`. */
  async hold(effect: HeldRecord['effect'], isApproved = false): Promise<void> {
    this.#step('held')
    try {
      await this.#journal.hold({ ...this.#record, effect, isApproved })
    } catch (error) {
      this.#step('over')
      throw error
    }
  }

  become({ attempt, doubtful }: Pick<Order, 'attempt' | 'doubtful'>): void {
    const { id, order } = this.#record
    if (this.isHeld) this.#quietly(this.#journal.become({ id, attempt, order: { ...order, doubtful } }, 'later'))
  }

  /** Before a page of a read may be sent. Rejects with `run_conflict`. */
  async page(progressed: Progressed): Promise<void> {
    if (this.#stage === 'unheld' && this.#first === undefined) this.#first = progressed
    else if (this.#stage !== 'over') await this.#allOf(this.#pageAndBefore(progressed))
  }

  /** The plane has pages up to and with `seq`. */
  stored(seq: number): void {
    if (this.isHeld) this.#quietly(this.#journal.stored(this.#record.id, seq, 'later'))
  }

  /** Before a change of `target` is sent. False where that could not be written down, so that nothing may be sent. */
  async intend(target: string): Promise<boolean> {
    if (!this.isHeld) return false
    try {
      await this.#journal.intend(this.#record.id, target)
      this.#intended.add(target)
      return true
    } catch (error) {
      this.#log.warn('run.not_journalled', { run: this.#record.id, error })
      return false
    }
  }

  /** After it: what became of the target. Nothing where no change of it was intended. */
  async settle(target: string, row: unknown): Promise<void> {
    if (this.isHeld && this.#intended.has(target)) await this.#tried(this.#journal.settle(this.#record.id, target, row))
  }

  /** Before the answer of a write is told: it has its rows from the same step. */
  async answerWrite(answer: Answer, made: readonly Progressed[]): Promise<void> {
    const pages = made.map(({ page }) => page)
    if (this.isHeld) await this.#tried(this.#journal.answer(this.#record.id, answer, pages))
  }

  /** Before the answer of a read is told, with the pages that are not journalled yet. */
  async answerRead(answer: Answer, made: readonly Progressed[] = []): Promise<void> {
    const paged = made.map((progressed) => this.page(progressed))
    const answered = this.isHeld ? this.#tried(this.#journal.answer(this.#record.id, answer)) : undefined
    await Promise.all([...paged, answered])
  }

  /** Leaves its id alone; of a write that was answered, the answer too. */
  forget(): void {
    if (this.isHeld) this.#quietly(this.#journal.forget(this.#record.id, 'later'))
    this.#step('over')
    this.#first = undefined
  }

  /**
   *            hold, or a second page
   *   unheld ─────────────────────────▶ held
   *      │                               │ forget, or the journal refuses the hold, or fails a read
   *      └──────────── forget ─────────▶ over ─┐
   *                                       ▲    │ forget, or fails once more
   *                                       └────┘
   *   begins as held: what an earlier process left
   *
   * A step that is not here is a defect and throws.
   */
  #step(next: Stage): void {
    if (!steps[this.#stage].includes(next)) {
      throw new Error(`journal run ${this.#record.id}: no step from ${this.#stage} to ${next}`)
    }
    this.#stage = next
  }

  /** Asked for in one turn, they are one commit. */
  #pageAndBefore(progressed: Progressed): Promise<void>[] {
    const held = this.isHeld ? [] : [this.hold('read')]
    const pages = this.#first === undefined ? [progressed] : [this.#first, progressed]
    this.#first = undefined
    return [...held, ...pages.map((one) => this.#write(one))]
  }

  async #write({ page, step }: Progressed): Promise<void> {
    await this.#journal.page(this.#record.id, page, { step: step ?? null, digest: page.digest })
  }

  /** A read goes on without the journal, where that is what fails. */
  async #allOf(asked: readonly Promise<void>[]): Promise<void> {
    try {
      await Promise.all(asked)
    } catch (error) {
      if (!isOfTheFile(error)) throw error
      this.#log.warn('run.not_journalled', { run: this.#record.id, error })
      this.#quietly(this.#journal.forget(this.#record.id))
      this.#step('over')
    }
  }

  /** What was done is told, journalled or not: after a crash it is found out anew. */
  async #tried(asked: Promise<void>): Promise<void> {
    try {
      await asked
    } catch (error) {
      this.#log.warn('run.not_journalled', { run: this.#record.id, error })
    }
  }

  #quietly(asked: Promise<void>): void {
    void this.#tried(asked)
  }
}

/** It cannot be written, or was lost and begun anew. */
function isOfTheFile(error: unknown): boolean {
  return error instanceof RunNotHeldError || (error instanceof SallyportError && error.code === 'journal_unavailable')
}
