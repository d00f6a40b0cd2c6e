// The chain: each line holds the hash of the line before it, so that no line can be changed, moved or taken out without
// changing every line after it.

import { hash } from 'node:crypto'
import { visibleJson } from '@sallyport/protocol/visible-json'
import { z } from 'zod'
import type { Entry } from './entry.ts'

/** A place in the chain: the number of a line, counted from 1, and the SHA-256 of its bytes, without the line feed. */
export const head = z.object({ seq: z.int().min(0), hash: z.string().regex(/^[0-9a-f]{64}$/) })
export type Head = z.infer<typeof head>

/** Before the first line. */
export const beginning: Head = { seq: 0, hash: '0'.repeat(64) }

/** No line is longer, in bytes; one that would be is not written. */
export const lineBytes = 64 * 1024

/** What every line has; what else it holds depends on its kind. */
export const link = z.looseObject({
  seq: z.int().min(1),
  at: z.string(),
  before: z.string(),
  kind: z.string(),
})
export type Link = z.infer<typeof link>

/** The line, without its line feed, that follows `before`. `at` is in milliseconds since 1970. */
export function lineAfter(before: Head, entry: Entry, at: number): string {
  const link = `{"seq":${before.seq + 1},"at":"${new Date(at).toISOString()}","before":"${before.hash}",`
  return link + visibleJson(JSON.stringify(entry)).slice(1)
}

export function headOf(seq: number, line: string | Uint8Array): Head {
  return { seq, hash: hash('sha256', line) }
}

/** Undefined where the text is no line of a ledger. */
export function readLink(line: string): Link | undefined {
  try {
    return link.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}
