// One line of the ledger for people.

import { visibleJson } from '@sallyport/protocol/visible-json'
import type { Link } from '../../ledger/chain.ts'

/** When, what, and then everything that the entry says, without what binds it into the chain. */
export function lineForPeople({ seq, at, before: _, kind, ...said }: Link): string {
  const words = Object.entries(said).flatMap(([name, value]) => (value === null ? [] : `${name}=${word(value)}`))
  return [at, `#${seq}`, kind, ...words].join(' ')
}

/** Quoted where it could be taken for more than one word, or could move the cursor of a terminal. */
function word(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /^[\w.:/@+-]+$/.test(text) ? text : visibleJson(JSON.stringify(text))
}
