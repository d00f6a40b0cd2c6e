// The text of `rows` exactly as it was sent: what is hashed, counted and stored. Cutting it out costs nothing; parsing and
// writing it again would cost more than all the rest of a page, and another implementation may write other text.

import { SallyportError } from './sallyport-error.ts'

const key = '"rows":'

/**
 * Cuts the text of the array out of a `page` or `done` frame. `rows` is the last member there, and no member before it holds
 * one of that name (PROTOCOL.md, Pages). In valid JSON the key cannot occur inside an earlier string, where its quotes are escaped.
 */
export function rowsText(frame: string): string {
  const start = frame.indexOf(key)
  const end = frame.trimEnd().length - 1
  const rows = start < 0 || frame[end] !== '}' ? '' : frame.slice(start + key.length, end).trim()
  if (!rows.startsWith('[') || !rows.endsWith(']')) {
    throw new SallyportError('digest_mismatch', 'cut the rows out of a page: "rows" is not its last member')
  }
  return rows
}

type Head = Readonly<Record<string, unknown>>

/** Writes a frame with ready-made `rows` text as its last member. `head` must hold at least one member. */
export function withRows(head: Head, rows: string): string {
  return `${JSON.stringify(head).slice(0, -1)},${key}${rows}}`
}
