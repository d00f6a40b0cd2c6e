// What a run has to say, in order: pages, then one answer. It is kept until the plane has stored it, so that a new session
// can send it again. It decides nothing about whose turn it is.

import { type Outcome, type WireError, withRows } from '@sallyport/protocol'
import type { Sums } from '../ledger/entry.ts'
import { digestOfNone } from './chain-digest.ts'
import type { Told } from './in-doubt.ts'
import { KeptPages } from './kept-pages.ts'
import type { LastPage, Page } from './page-cutter.ts'
import { createPrior, type Prior } from './prior.ts'

export type Answer =
  | { readonly type: 'done'; readonly outcome: Outcome | undefined }
  | { readonly type: 'failed'; readonly error: WireError; readonly outcome: Outcome | undefined }
  | { readonly type: 'refused'; readonly error: WireError }

/** What an earlier process had made of it. */
export type PastOutput = {
  /** In order; those that the plane has stored may be gone. */
  readonly pages: readonly Page[]
  readonly pageCount: number
  readonly rowCount: number
  /** Of the last page; undefined before the first. */
  readonly digest: string | undefined
  readonly answer: Answer | undefined
}

const nothing: PastOutput = { pages: [], pageCount: 0, rowCount: 0, digest: undefined, answer: undefined }

/** A frame that may be sent now, what it costs of the credit, and what to call once it was handed to the socket. */
export type Outgoing = {
  readonly text: () => string
  readonly byteCount: number
  readonly sent: () => void
  /** Where the frame is a page and nothing else. */
  readonly page?: Page
}

/**
 *                push                     finish                    every page sent, and the answer
 *    (nothing) ────────▶ pages wait ────────────────▶ answered ────────────────────────────────────▶ told
 *                          │    ▲                        ▲  ▲                                         │
 *                 sent,    ▼    │ rewind: a new session  │  └──────────────── rewind ─────────────────┘
 *                 stored  pages go                       └── overrule: another answer, no pages
 */
export class Output {
  readonly #run: string
  readonly #changed: () => void
  readonly #kept: KeptPages
  #attempt: number
  #pageCount: number
  #rowCount: number
  #byteCount: number
  #answer: Answer | undefined
  /** Of the pages so far; undefined before the first. */
  #digest: string | undefined
  /** The page that goes next. */
  #next = 0
  /** Goes up whenever something is to be told anew: what was on its way before then says nothing of it. */
  #telling = 0
  #announced = false
  #told = false
  /** What has to be before the answer may be told. */
  readonly #prior: Prior
  #isDropped = false

  /** `changed` is called whenever there may be something new to send. */
  constructor(run: string, attempt: number, changed: () => void, past: PastOutput = nothing) {
    this.#run = run
    this.#attempt = attempt
    this.#changed = changed
    this.#prior = createPrior(changed)
    this.#kept = new KeptPages(past.pages)
    this.#pageCount = past.pageCount
    this.#rowCount = past.rowCount
    this.#byteCount = past.pages.reduce((sum, { byteCount }) => sum + byteCount, 0)
    this.#digest = past.digest
    this.#answer = past.answer
  }

  get answered(): Answer | undefined {
    return this.#answer
  }

  /** The answer was handed to the socket of this session. */
  get told(): boolean {
    return this.#told
  }

  /** Of the pages so far. */
  get sums(): Sums {
    const sha256 = this.#digest ?? digestOfNone
    return { pages: this.#pageCount, rows: this.#rowCount, bytes: this.#byteCount, sha256 }
  }

  /** The one that the next comes after. */
  get lastPage(): LastPage | undefined {
    return this.#digest === undefined ? undefined : { seq: this.#pageCount - 1, digest: this.#digest }
  }

  /** Adds the page that comes next, unless nobody waits for it any more. */
  add(page: Page): void {
    if (this.#isDropped || this.#answer !== undefined) return
    this.#digest = page.digest
    this.#kept.add(page)
    this.#pageCount += 1
    this.#rowCount += page.count
    this.#byteCount += page.byteCount
    this.#changed()
  }

  /** Resolves when another page may be made, which is when enough of the earlier ones are stored. */
  async room(): Promise<void> {
    await this.#kept.room(() => this.#answer === undefined)
  }

  /** Resolves when the plane has stored every page, or nobody waits for them any more. */
  async emptied(): Promise<void> {
    await this.#kept.emptied()
  }

  /**
   * Ends the output; the first answer counts. What is left unsent of a failed run is dropped: nobody may mistake it for whole.
   * The answer is told when `prior` resolves.
   */
  finish(answer: Answer, prior?: Promise<void>): void {
    if (this.#answer !== undefined) return
    this.#answer = answer
    this.#prior.await(prior)
    if (answer.type !== 'done') this.#pageCount = this.#next
    this.#kept.wake()
    this.#changed()
  }

  /** Puts another answer in place of one that may not leave the host. */
  overrule(answer: Answer, prior?: Promise<void>): void {
    this.#answer = answer
    this.#prior.await(prior)
    this.#telling += 1
    this.#told = false
    this.#pageCount = this.#next
    this.#kept.dropAll()
    this.#changed()
  }

  /** Nobody waits for its pages any more: whoever waits to add one goes on, and finds that the run is aborted. */
  drop(): void {
    this.#isDropped = true
    this.#kept.dropAll()
  }

  /** Whether everything from page `next` on is here, to a plane that has the pages before it. */
  canTellFrom(next: number): boolean {
    if (this.#answer !== undefined && this.#answer.type !== 'done') return true
    return next === this.#pageCount || this.#kept.at(next) !== undefined
  }

  /** The next frame in order; undefined while there is none. */
  peek(): Outgoing | undefined {
    const page = this.#duePage()
    return page === undefined ? this.#final() : this.#pageFrame(page)
  }

  /** True once, before the first page of a read: the plane must know that the run is taken. */
  announce(): boolean {
    const first = !this.#announced && this.#duePage() !== undefined
    this.#announced ||= first
    return first
  }

  /** The plane has stored pages up to and with `seq`; one that was not sent it cannot have. Answers with the last that it has. */
  stored(seq: number): number {
    const next = Math.min(seq + 1, this.#next)
    this.#kept.dropBefore(next)
    return next - 1
  }

  /** A new session begins: send again from page `from` on. */
  rewind(from: number): void {
    this.#telling += 1
    this.#kept.dropBefore(from)
    // Of a run that failed, pages that are gone are not missed.
    this.#next = this.#kept.at(from) === undefined ? Math.max(from, this.#pageCount) : from
    this.#announced = from > 0
    this.#told = false
  }

  /** Of a run that has its answer: something else is told of it, where nothing was told yet, or all is told anew. */
  amend(change: (told: Told) => Told): void {
    if (this.#answer === undefined) return
    const { pages, answer } = change({ pages: this.#kept.all, answer: this.#answer })
    this.#kept.replace(pages)
    this.#digest = pages.at(-1)?.digest ?? this.#digest
    this.#answer = answer
  }

  /** What is said from now on is said as this attempt. */
  become(attempt: number): void {
    this.#attempt = attempt
  }

  /** A one-page answer travels inside `done`, so the only page waits for a second one or for the end. */
  get #isInlined(): boolean {
    return this.#answer?.type === 'done' && this.#pageCount === 1
  }

  #duePage(): Page | undefined {
    const waits = this.#isInlined || (this.#answer === undefined && this.#pageCount < 2)
    return waits || this.#next >= this.#pageCount ? undefined : this.#kept.at(this.#next)
  }

  #pageFrame(page: Page): Outgoing {
    const { seq, rows, byteCount } = page
    const head = { type: 'page', run: this.#run, attempt: this.#attempt, seq }
    const sent = this.#unlessRetold(() => {
      this.#next = seq + 1
    })
    return { text: () => withRows(head, rows), byteCount, sent, page }
  }

  #final(): Outgoing | undefined {
    const answer = this.#answer
    if (answer === undefined || this.#told || this.#prior.isAwaited) return undefined
    const sent = this.#unlessRetold(() => {
      this.#told = true
    })
    if (answer.type === 'done') return this.#done(answer.outcome, sent)
    const frame = { ...answer, run: this.#run, attempt: this.#attempt }
    return { text: () => JSON.stringify(frame), byteCount: 0, sent }
  }

  #unlessRetold(then: () => void): () => void {
    const telling = this.#telling
    return () => {
      if (telling === this.#telling) then()
    }
  }

  #done(outcome: Outcome | undefined, sent: () => void): Outgoing | undefined {
    if (!this.#isInlined && this.#next < this.#pageCount) return undefined
    const { pages, rows: rowCount, sha256 } = this.sums
    const head = { type: 'done', run: this.#run, attempt: this.#attempt, pages, rowCount, outcome, sha256 }
    const only = this.#isInlined ? this.#kept.at(0) : undefined
    return only === undefined
      ? { text: () => JSON.stringify(head), byteCount: 0, sent }
      : { text: () => withRows(head, only.rows), byteCount: only.byteCount, sent }
  }
}
