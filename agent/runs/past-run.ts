// What an earlier process left of a run, from the journal's records to what the runs go on with.

import { outcome, wireError } from '@sallyport/protocol'
import { z } from 'zod'
import type { PageRecord, RecoveredRun, UsedRecord } from '../journal/records.ts'
import { type Step, step } from '../jumpcloud/bookmark.ts'
import type { Order } from './batch.ts'
import { chainDigest } from './chain-digest.ts'
import type { Answer, PastOutput } from './output.ts'
import type { LastPage, Page } from './page-cutter.ts'
import { readRunHead } from './run-head.ts'

export type PastRun = {
  readonly effect: 'read' | 'write'
  readonly output: PastOutput
  /** Of a read: where its listing goes on. */
  readonly steps: readonly Step[]
  /** Of a write: what was about to be changed, and the row that says what became of it; undefined where nobody knows. */
  readonly targets: ReadonlyMap<string, unknown>
}

export type Recovered = { readonly order: Order; readonly past: PastRun }

const answer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('done'), outcome: outcome.optional() }),
  z.object({ type: z.literal('failed'), error: wireError, outcome: outcome.optional() }),
  z.object({ type: z.literal('refused'), error: wireError }),
])

/**
 * Undefined where there is nothing to go on from: a write that had not begun, and a read whose place in its listing is not
 * known, or was kept by another version. Nothing was changed by them, and the plane gives them out anew.
 */
export function recovered(record: RecoveredRun, version: string): Recovered | undefined {
  const run = readRunHead(record.order.text)
  const answered = record.answer === undefined ? undefined : answerOf(record.answer)
  const steps = z.array(step).safeParse(record.progress.map((one) => one.step)).data
  const isPlaced = steps !== undefined && steps.length > 0 && record.order.version === version
  const goesOn = record.effect === 'write' ? record.intents.length > 0 : isPlaced
  if (run === undefined || (answered === undefined && !goesOn)) return undefined

  const { text, ttlMs, doubtful } = record.order
  const { digest, attempt, effect, pageCount, rowCount } = record
  const order = { run, text, digest, attempt, ttlMs, doubtful, age: { monotonicMs: 0, wallMs: 0 } }
  const digests = effect === 'write' ? undefined : record.progress.map((one) => one.digest)
  const pages = pagesOf(record.pages, digests)
  const output = { pages, pageCount, rowCount, digest: digests?.at(-1) ?? pages.at(-1)?.digest, answer: answered }
  const targets = new Map(record.intents.map(({ target, row }) => [target, row]))
  return { order, past: { effect, output, steps: steps ?? [], targets } }
}

/** Of a write that was answered and forgotten: what it said, for the same bytes again. */
export function answeredBefore(record: UsedRecord): PastRun | undefined {
  const answered = answerOf(record.answer)
  if (record.effect === 'read' || answered === undefined) return undefined
  const pages = pagesOf(record.pages, undefined)
  const { rowCount } = record
  const output = { pages, pageCount: pages.length, rowCount, digest: pages.at(-1)?.digest, answer: answered }
  return { effect: 'write', output, steps: [], targets: new Map() }
}

function answerOf(value: unknown): Answer | undefined {
  const parsed = answer.safeParse(value).data
  if (parsed === undefined || parsed.type === 'refused') return parsed
  return { ...parsed, outcome: parsed.outcome }
}

/** Of a write, all pages are there, and their chain is made anew. */
function pagesOf(records: readonly PageRecord[], digests: readonly string[] | undefined): readonly Page[] {
  const pages: Page[] = []
  for (const { seq, rows, count } of records) {
    const before: LastPage | undefined = pages.at(-1)
    const digest = digests?.[seq] ?? chainDigest(before?.digest, rows)
    pages.push({ seq, rows, count, byteCount: Buffer.byteLength(rows), digest })
  }
  return pages
}
