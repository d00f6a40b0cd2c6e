// Every page of an attempt is stored once and in order, and those of the attempt that was done are the ones that its digest is of.

import { createHash } from 'node:crypto'
import type { Evidence, KeptRun } from '../evidence.ts'

export function checkPages({ runs }: Evidence): readonly string[] {
  return runs.flatMap((run) => {
    const gaps = run.pages.flatMap((pages, index) => {
      const numbers = pages.map(({ seq }) => seq)
      return numbers.every((seq, place) => seq === place)
        ? []
        : [`attempt ${index + 1} of ${run.id} has pages ${numbers}`]
    })
    return [...gaps, ...(run.state === 'done' ? checkDone(run) : [])]
  })
}

function checkDone({ id, pages, pageCount, rowCount, sha256 }: KeptRun): readonly string[] {
  const last = pages.at(-1) ?? []
  const rows = last.map((page) => page.rows)
  const wrong: string[] = []
  if (last.length !== pageCount) wrong.push(`run ${id} has ${last.length} pages, and counts ${pageCount}`)
  const counted = rows.reduce((sum, text) => sum + countOf(text), 0)
  if (counted !== rowCount) wrong.push(`run ${id} has ${counted} rows, and counts ${rowCount}`)
  const digest = rows.slice(1).reduce((before, text) => sha256Of(`${before}${text}`), sha256Of(rows[0] ?? ''))
  if (digest !== sha256) wrong.push(`run ${id}: the digest of its pages is another than the one it was done with`)
  return wrong
}

function countOf(text: string): number {
  const rows: unknown = JSON.parse(text)
  return Array.isArray(rows) ? rows.length : Number.NaN
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
