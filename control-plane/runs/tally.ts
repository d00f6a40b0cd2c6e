// What has arrived of one attempt: pages in order, rows that fit the job, and the digest that `done` must match.

import { type JobContract, limits, SallyportError } from '@sallyport/protocol'
import { type EndOfTurn, systemTurn } from '../ports/turn.ts'
import type { Store } from '../store/store.ts'
import { chainDigest, digestOfNone } from './chain-digest.ts'
import type { Run } from './run.ts'

type Claim = { readonly pages: number; readonly rowCount: number; readonly sha256: string }

/** `repeat`: it had arrived before. `gap`: one before it has not arrived. */
export type Taken = 'taken' | 'repeat' | 'gap'

export type Tally = {
  /** Number of the first page that has not arrived. */
  nextSeq(): number
  /** Counts a page in; `text` is its `rows` as sent. Throws `frame_too_large` or `row_invalid`: the run then fails. */
  take(page: { readonly seq: number; readonly text: string; readonly rows: readonly unknown[] }): Taken
  /** Throws `digest_mismatch` where the agent sent something else than what arrived. */
  check(claim: Claim): void
}

export function createTally(contract: JobContract): Tally {
  let digest: string | undefined
  let pageCount = 0
  let rowCount = 0
  return {
    nextSeq: () => pageCount,
    take({ seq, text, rows }) {
      if (seq < pageCount) return 'repeat'
      if (seq > pageCount) return 'gap'
      checkSize(text)
      checkRows(contract, rows, rowCount)
      digest = chainDigest(digest, text)
      pageCount += 1
      rowCount += rows.length
      return 'taken'
    },
    check(claim) {
      if (claim.pages !== pageCount) throw mismatch(`${claim.pages} pages were sent and ${pageCount} arrived`)
      if (claim.rowCount !== rowCount) throw mismatch(`${claim.rowCount} rows were sent and ${rowCount} arrived`)
      if (claim.sha256 !== (digest ?? digestOfNone)) throw mismatch('their SHA-256 is another')
    },
  }
}

const recallPageCount = 16

type Recall = {
  readonly store: Pick<Store, 'pages'>
  readonly contract: JobContract
  readonly run: Pick<Run, 'id' | 'attempt'>
  readonly endOfTurn?: EndOfTurn
}

/**
 * The tally of an attempt whose first pages are in the store already, as after a restart of the control plane. All of a long
 * one takes seconds, and the events of others have their turn between its batches.
 */
export async function recallTally({ store, contract, run, endOfTurn = systemTurn }: Recall): Promise<Tally> {
  const tally = createTally(contract)
  while (true) {
    const from = tally.nextSeq()
    const pages = await store.pages.list(run.id, run.attempt, { from, limit: recallPageCount })
    for (const { seq, rows: text } of pages) tally.take({ seq, text, rows: JSON.parse(text) })
    if (pages.length < recallPageCount) return tally
    await new Promise<void>(endOfTurn)
  }
}

function checkSize(text: string): void {
  const byteCount = Buffer.byteLength(text)
  if (byteCount <= limits.pageBytes) return
  const message = `store a page: its rows are ${byteCount} bytes, and a page takes ${limits.pageBytes}. The agent cut it wrongly.`
  throw new SallyportError('frame_too_large', message)
}

/** Members that the contract does not name pass: a newer agent may know more of them. */
function checkRows(contract: JobContract, rows: readonly unknown[], firstRow: number): void {
  for (const [index, row] of rows.entries()) {
    const parsed = contract.row.safeParse(row)
    if (parsed.success) continue
    const [issue] = parsed.error.issues
    const where = issue?.path.map(String).join('.') || 'the row'
    // The issue's message is left out: it may quote what the directory holds.
    throw new SallyportError(
      'row_invalid',
      `store row ${firstRow + index} of ${contract.name}: ${where}: ${issue?.code ?? 'does not fit'}. Are agent and control plane of versions that go together?`,
    )
  }
}

function mismatch(why: string): SallyportError {
  return new SallyportError('digest_mismatch', `collect the answer of the agent: ${why}.`)
}
