// The text of `rows` exactly as it was sent: what is hashed, counted and stored. Cutting it out costs nothing; parsing and
// writing it again would cost more than all the rest of a page, and another implementation may write other text.

const key = '"rows":'

/** A frame in two: `head` is the object without `rows`, `rows` is the text of the array. Either may still be no JSON. */
export type CutFrame = { readonly head: string; readonly rows: string }

/**
 * Cuts the text of the array out of a `page` or `done` frame; undefined where `rows` is not its last member. No member before
 * it may hold one of that name (PROTOCOL.md, Pages). In valid JSON the key cannot occur inside an earlier string, where its
 * quotes are escaped.
 */
export function cutRows(frame: string): CutFrame | undefined {
  const start = frame.indexOf(key)
  if (start < 0) return undefined
  const end = frame.trimEnd().length - 1
  const rows = frame[end] === '}' ? frame.slice(start + key.length, end).trim() : ''
  const before = frame.slice(0, start).trimEnd()
  if (!rows.startsWith('[') || !rows.endsWith(']') || !before.endsWith(',')) return undefined
  return { head: `${before.slice(0, -1)}}`, rows }
}

type Head = Readonly<Record<string, unknown>>

/** Writes a frame with ready-made `rows` text as its last member. `head` must hold at least one member. */
export function withRows(head: Head, rows: string): string {
  return `${JSON.stringify(head).slice(0, -1)},${key}${rows}}`
}
