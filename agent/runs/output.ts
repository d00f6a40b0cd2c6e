// What a run has to say, in order: pages, then one answer. It is kept until the plane has stored it, so that a new session
// can send it again. It decides nothing about whose turn it is.

import { createHash } from 'node:crypto'
import { type Outcome, type WireError, withRows } from '@sallyport/protocol'

export type Answer =
  | { readonly type: 'done'; readonly outcome: Outcome | undefined }
  | { readonly type: 'failed'; readonly error: WireError; readonly outcome: Outcome | undefined }
  | { readonly type: 'refused'; readonly error: WireError }

type Page = { readonly seq: number; readonly rows: string; readonly byteCount: number }

/** A frame that may be sent now, what it costs of the credit, and what to call once it was handed to the socket. */
export type Outgoing = { readonly text: () => string; readonly byteCount: number; readonly sent: () => void }

/** Pages that wait to be stored before the handler is asked for more. */
const pagesAhead = 3

export type Output = ReturnType<typeof createOutput>

/** `changed` is called whenever there may be something new to send. */
export function createOutput(run: string, changed: () => void) {
  const hash = createHash('sha256')
  const kept: Page[] = []
  let pageCount = 0
  let rowCount = 0
  let answer: Answer | undefined
  let digest = ''
  let attempt = 1
  let next = 0
  let announced = false
  let answerSent = false
  let roomy = Promise.withResolvers<void>()

  /** A one-page answer travels inside `done`, so the only page waits for a second one or for the end. */
  const inlined = () => answer?.type === 'done' && pageCount === 1

  const pageFrame = ({ seq, rows, byteCount }: Page): Outgoing => ({
    text: () => withRows({ type: 'page', run, attempt, seq }, rows),
    byteCount,
    sent: () => {
      next = seq + 1
    },
  })

  const page = (): Outgoing | undefined => {
    if (inlined() || (answer === undefined && pageCount < 2)) return undefined
    const due = next < pageCount ? kept.find(({ seq }) => seq === next) : undefined
    return due && pageFrame(due)
  }

  const last = (): Outgoing | undefined => {
    if (answer === undefined || answerSent || (answer.type === 'done' && !inlined() && next < pageCount))
      return undefined
    const sent = () => {
      answerSent = true
    }
    const final = { ...answer, run, attempt }
    if (final.type !== 'done') return { text: () => JSON.stringify(final), byteCount: 0, sent }
    const head = { type: 'done', run, attempt, pages: pageCount, rowCount, outcome: final.outcome, sha256: digest }
    const only = inlined() ? kept[0] : undefined
    return only
      ? { text: () => withRows(head, only.rows), byteCount: only.byteCount, sent }
      : { text: () => JSON.stringify(head), byteCount: 0, sent }
  }

  return {
    /** Adds a page; resolves when the handler may go on, which is when enough of the earlier ones are stored. */
    push: async (rows: string, count: number): Promise<void> => {
      hash.update(rows)
      kept.push({ seq: pageCount, rows, byteCount: Buffer.byteLength(rows) })
      pageCount += 1
      rowCount += count
      changed()
      while (kept.length >= pagesAhead && answer === undefined) await roomy.promise
    },

    /** Ends the output; the first answer counts. What is left unsent of a failed run is dropped: nobody may mistake it for whole. */
    finish: (final: Answer): void => {
      if (answer !== undefined) return
      answer = final
      digest = hash.digest('hex')
      if (final.type !== 'done') pageCount = next
      roomy.resolve()
      changed()
    },

    /** Puts another answer in place of one that may not leave the host. */
    overrule: (final: Answer): void => {
      answer = final
      answerSent = false
      kept.length = 0
      pageCount = next
      roomy.resolve()
      changed()
    },

    /** Nobody waits for its pages any more: whoever waits to add one goes on, and finds that the run is aborted. */
    drop: (): void => {
      kept.length = 0
      roomy.resolve()
    },

    /** The next frame in order; undefined while there is none. */
    peek: (): Outgoing | undefined => page() ?? last(),

    /** True once, before the first page of a read: the plane must know that the run is taken. */
    announce: (): boolean => {
      const first = !announced && page() !== undefined
      announced ||= first
      return first
    },

    /** The plane has stored pages up to and with `seq`; one that was not sent it cannot have. */
    stored: (seq: number): void => {
      while (kept[0] !== undefined && kept[0].seq <= Math.min(seq, next - 1)) kept.shift()
      roomy.resolve()
      roomy = Promise.withResolvers()
    },

    /** A new session begins: send again from page `from` on, as this attempt. */
    rewind: (from: number): void => {
      while (kept[0] !== undefined && kept[0].seq < from) kept.shift()
      next = Math.max(from, kept[0]?.seq ?? from)
      announced = from > 0
      answerSent = false
      roomy.resolve()
      roomy = Promise.withResolvers()
    },

    become: (number: number): void => {
      attempt = number
    },

    get answered(): Answer | undefined {
      return answer
    },

    /** The answer was handed to the socket of this session. */
    get told(): boolean {
      return answerSent
    },
  }
}
