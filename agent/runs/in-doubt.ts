// What may be told of a write that was taken over: the replica before may have done what this one did not, so nothing is told as
// not applied.

import { outcome, worstOutcome } from '@sallyport/protocol'
import { z } from 'zod'
import type { Answer } from './output.ts'
import { createPageCutter, type Page } from './page-cutter.ts'

/** The pages of a write, all of them, and its answer. */
export type Told = { readonly pages: readonly Page[]; readonly answer: Answer | undefined }

const rowsText = z.array(z.looseObject({ outcome }))
type Row = z.output<typeof rowsText>[number]

export function inDoubt({ pages, answer }: Told): Told {
  const cutter = createPageCutter()
  const rows = pages.flatMap((page) => rowsText.parse(JSON.parse(page.rows))).map(rowInDoubt)
  const full = rows.flatMap((row) => cutter.add(JSON.stringify(row)) ?? [])
  return { pages: [...full, ...[cutter.rest() ?? []].flat()], answer: answer && answerInDoubt(answer, rows) }
}

function rowInDoubt(row: Row): Row {
  return row.outcome === 'not_applied' ? { ...row, outcome: 'unknown', reason: 'unanswered' } : row
}

function answerInDoubt(answer: Answer, rows: readonly Row[]): Answer {
  switch (answer.type) {
    case 'done':
      return { ...answer, outcome: worstOutcome(rows.map((row) => row.outcome)) }
    case 'failed':
      return answer.outcome === 'not_applied' ? { ...answer, outcome: 'unknown' } : answer
    case 'refused':
      return answer
  }
}
