// The entries of the ledger for those who want to see them. Whether they are true is asked of `verify`.

import { type Link, readLink } from './chain.ts'
import { listLedger } from './ledger-paths.ts'
import type { LedgerTail } from './ledger-tail.ts'
import { linesOf, readLines } from './read-lines.ts'

export type ReadEntry = { readonly text: string; readonly link: Link }

/** Oldest first; what is no line of a ledger is left out. Only lines of which `wanted` is true are read at all. */
export function* readEntries(directory: string, wanted: (line: Buffer) => boolean = () => true): Generator<ReadEntry> {
  for (const { bytes, isWhole } of readLines(directory)) {
    const entry = isWhole && wanted(bytes) ? entryOf(bytes) : undefined
    if (entry !== undefined) yield entry
  }
}

/** The newest, oldest first. */
export function tailEntries(directory: string, count: number): readonly ReadEntry[] {
  let newest: ReadEntry[] = []
  for (const file of listLedger(directory).toReversed()) {
    const own: ReadEntry[] = []
    for (const { bytes, isWhole } of linesOf(file)) {
      const entry = isWhole ? entryOf(bytes) : undefined
      if (entry !== undefined) own.push(entry)
      if (own.length > 2 * count) own.splice(0, own.length - count)
    }
    newest = [...own, ...newest].slice(-count)
    if (newest.length >= count) break
  }
  return newest
}

/** What was written behind what was the end then, oldest first. A ledger is large, and somebody looks again and again. */
export function* entriesBehind(directory: string, end: Pick<LedgerTail, 'path' | 'byteCount'>): Generator<ReadEntry> {
  for (const file of listLedger(directory)) {
    if (file.number < end.path.number) continue
    const from = file.number === end.path.number ? end.byteCount : 0
    for (const { bytes, isWhole } of linesOf(file, from)) {
      const entry = isWhole ? entryOf(bytes) : undefined
      if (entry !== undefined) yield entry
    }
  }
}

function entryOf(bytes: Buffer): ReadEntry | undefined {
  const text = bytes.toString('utf8')
  const link = readLink(text)
  return link === undefined ? undefined : { text, link }
}
