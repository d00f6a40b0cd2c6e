// The digest of an attempt's pages, as the agent claims it in its answer: a chain (PROTOCOL.md, Pages and credit).

import { createHash } from 'node:crypto'

/** Of a page, given that of the page before it; hexadecimal. */
export function chainDigest(before: string | undefined, rows: string): string {
  return createHash('sha256')
    .update(before ?? '')
    .update(rows)
    .digest('hex')
}

export const digestOfNone = createHash('sha256').digest('hex')
