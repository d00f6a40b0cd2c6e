// Runs as they are read back, opened and parsed. Each is called inside a transaction of the store, which makes it consistent.

import type { Effect } from '@sallyport/protocol'
import { z } from 'zod'
import { JournalCorruptError } from './journal-error.ts'
import type { IntentRecord, PageRecord, Progress, RecoveredRun, UsedRecord } from './records.ts'
import type { Place, Seal } from './seal.ts'
import type { Prepare } from './statement.ts'

export type RunReads = {
  held(): readonly RecoveredRun[]
  used(id: string): UsedRecord | undefined
}

type RunRow = {
  readonly id: string
  readonly digest: string
  readonly effect: Effect
  readonly attempt: number
  readonly receivedAt: number
  readonly forgottenAt: number | null
  readonly pageCount: number
  readonly rowCount: number
  readonly storedCount: number
  readonly sealedOrder: Uint8Array | null
  readonly sealedAnswer: Uint8Array | null
}

type ProgressRow = { readonly seq: number; readonly sealedProgress: Uint8Array }

type PageRow = { readonly seq: number; readonly rowCount: number; readonly sealedRows: Uint8Array }

type IntentRow = { readonly mark: Uint8Array; readonly sealedTarget: Uint8Array; readonly sealedRow: Uint8Array | null }

const order = z.object({
  text: z.string(),
  ttlMs: z.number(),
  version: z.string(),
  doubtful: z.boolean().default(false),
})
const progress = z.object({ step: z.unknown(), digest: z.string() })

export function createRunReads(prepare: Prepare, seal: Seal): RunReads {
  const held = prepare<RunRow>('SELECT * FROM runs WHERE forgottenAt IS NULL ORDER BY receivedAt, rowid')
  const one = prepare<RunRow>('SELECT * FROM runs WHERE id = :id')
  const pages = prepare<PageRow>('SELECT seq, rowCount, sealedRows FROM pages WHERE run = :id ORDER BY seq')
  const progressRows = prepare<ProgressRow>('SELECT seq, sealedProgress FROM progress WHERE run = :id ORDER BY seq')
  const intents = prepare<IntentRow>('SELECT mark, sealedTarget, sealedRow FROM intents WHERE run = :id ORDER BY place')

  const openJson = (place: Place, blob: Uint8Array | null): unknown =>
    blob === null ? undefined : JSON.parse(seal.open(place, blob))
  const answerOf = ({ id, sealedAnswer }: RunRow) => openJson({ run: id, kind: 'answer' }, sealedAnswer)

  const pagesOf = (id: string): PageRecord[] =>
    pages.all({ id }).map(({ seq, rowCount: count, sealedRows }) => {
      return { seq, rows: seal.open({ run: id, kind: 'rows', seq }, sealedRows), count }
    })

  const progressOf = (id: string): Progress[] =>
    progressRows.all({ id }).map(({ seq, sealedProgress }) => {
      return parse(progress, openJson({ run: id, kind: 'progress', seq }, sealedProgress))
    })

  const intentsOf = (id: string): IntentRecord[] =>
    intents.all({ id }).map(({ mark, sealedTarget, sealedRow }) => {
      const seq = markText(mark)
      const target = seal.open({ run: id, kind: 'target', seq }, sealedTarget)
      return { target, row: openJson({ run: id, kind: 'row', seq }, sealedRow) }
    })

  const recovered = (row: RunRow): RecoveredRun => {
    const { id, digest, effect, attempt, receivedAt, pageCount, rowCount, storedCount } = row
    return {
      ...{ id, digest, effect, attempt, receivedAt, pageCount, rowCount, storedCount },
      order: parse(order, openJson({ run: id, kind: 'order' }, row.sealedOrder)),
      progress: progressOf(id),
      pages: pagesOf(id),
      intents: intentsOf(id),
      answer: answerOf(row),
    }
  }

  const used = (row: RunRow): UsedRecord => {
    const { id, digest, effect, forgottenAt, receivedAt, rowCount } = row
    const isHeld = forgottenAt === null
    // That it is forgotten may be written a little later than it is so.
    const answer = effect === 'write' ? answerOf(row) : undefined
    const kept = { answer, pages: answer === undefined ? [] : pagesOf(id) }
    return { digest, effect, at: forgottenAt ?? receivedAt, isHeld, rowCount, ...kept }
  }

  return {
    held: () => held.all().map(recovered),
    used: (id) => {
      const row = one.get({ id })
      return row && used(row)
    },
  }
}

/** How a mark stands in the place of what is closed. */
export function markText(mark: Uint8Array): string {
  return Buffer.from(mark).toString('hex')
}

function parse<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw new JournalCorruptError('what is kept of a run does not fit', { cause: parsed.error })
  return parsed.data
}
