// From entries to lines of the chain: numbered, bound to the line before, and past the leak guard.

import { visibleJson } from '@sallyport/protocol/visible-json'
import type { LeakGuard } from '../vault/leak-guard.ts'
import { type Head, headOf, lineAfter, lineBytes } from './chain.ts'
import type { Entry } from './entry.ts'

/** An entry and when it happened, in milliseconds since 1970. */
export type Dated = { readonly entry: Entry; readonly at: number }

export type Composed = { readonly text: string; readonly head: Head }

export type Compose = (entries: readonly Dated[], before: Head) => Composed

/** A line that holds a secret, or is too long, is not written; one that says so stands in its place. */
export function createCompose(guard: Pick<LeakGuard, 'contains'>): Compose {
  const compose: Compose = (entries, before) => {
    let head = before
    const lines: string[] = []
    for (const { entry, at } of entries) {
      const line = lineAfter(head, entry, at)
      head = headOf(head.seq + 1, line)
      lines.push(`${line}\n`)
    }
    return { text: lines.join(''), head }
  }
  const allowed = ({ entry, at }: Dated): Dated => {
    const text = JSON.stringify(entry)
    if (Buffer.byteLength(visibleJson(text)) > lineBytes - 256) return { at, entry: blocked(entry, '', 'too long') }
    const hit = guard.contains(text, 'log')
    return hit === undefined ? { entry, at } : { at, entry: blocked(entry, hit.name, hit.encoding) }
  }
  return (entries, before) => {
    const composed = compose(entries, before)
    // Together, because there is nearly never a hit, and a search costs about the same for a line and for many.
    const isClean = composed.text.length < lineBytes && guard.contains(composed.text, 'log') === undefined
    return isClean ? composed : compose(entries.map(allowed), before)
  }
}

function blocked(entry: Entry, secret: string, encoding: string): Entry {
  return { kind: 'ledger.blocked', blocked: entry.kind, secret, encoding }
}
