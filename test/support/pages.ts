// Pages made of ready-made rows texts, as a handler's rows would have been cut into them.

import { createHash } from 'node:crypto'
import type { Page } from '../../agent/runs/page-cutter.ts'

/** One page for each text; each counts as one row. */
export function pagesOf(...texts: readonly string[]): readonly Page[] {
  let digest = ''
  return texts.map((rows, seq) => {
    digest = createHash('sha256')
      .update(digest + rows)
      .digest('hex')
    return { seq, rows, count: 1, byteCount: Buffer.byteLength(rows), digest }
  })
}
