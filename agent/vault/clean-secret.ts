// What people paste around a secret, taken off and named by kind. Where the text came from is the reader's business; no
// part of it, and not its length, is in any answer.

import { Secret } from './secret.ts'

export type Stripped = 'byte order mark' | 'zero-width character' | 'newline' | 'white space' | 'quotes'

/** What only the secret's owner can mend. */
export type SecretFlaw = 'empty' | 'white space inside' | 'control character' | 'not ASCII'

export type CleanSecret =
  | { readonly ok: true; readonly secret: Secret; readonly stripped: readonly Stripped[] }
  | { readonly ok: false; readonly flaw: SecretFlaw }

const byteOrderMarks = /\uFEFF/g
// Zero-width and direction marks, soft hyphen: what that editors and chat programs slip in unseen.
const zeroWidths = /[\u00AD\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069]/gu
const newlines = /[\r\n\u0085\u2028\u2029]/
const quotes = /["'`\u00AB\u00BB\u2018-\u201F\u2039\u203A]/
const edge =
  /^[\s\u0085"'`\u00AB\u00BB\u2018-\u201F\u2039\u203A]+|[\s\u0085"'`\u00AB\u00BB\u2018-\u201F\u2039\u203A]+$/gu

/** Strips what is never part of a secret, says of which kinds it was, and refuses what no header can carry. */
export function cleanSecret(raw: string): CleanSecret {
  const seen = raw.replace(byteOrderMarks, '').replace(zeroWidths, '')
  const edges = (seen.match(edge) ?? []).join('')
  const text = seen.replace(edge, '')
  const flaw = flawIn(text)
  if (flaw !== undefined) return { ok: false, flaw }
  return { ok: true, secret: new Secret(text), stripped: kindsIn(raw, edges) }
}

function kindsIn(raw: string, edges: string): Stripped[] {
  const found: Record<Stripped, boolean> = {
    'byte order mark': raw.search(byteOrderMarks) >= 0,
    'zero-width character': raw.search(zeroWidths) >= 0,
    newline: newlines.test(edges),
    'white space': /[^\S\r\n\u2028\u2029]/.test(edges),
    quotes: quotes.test(edges),
  }
  const kinds: readonly Stripped[] = ['byte order mark', 'zero-width character', 'newline', 'white space', 'quotes']
  return kinds.filter((kind) => found[kind])
}

function flawIn(text: string): SecretFlaw | undefined {
  if (text === '') return 'empty'
  if (/[\s\u0085]/.test(text)) return 'white space inside'
  if (/\p{Cc}/u.test(text)) return 'control character'
  if (/[^\x21-\x7E]/.test(text)) return 'not ASCII'
  return undefined
}
