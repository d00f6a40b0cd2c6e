// Where a ledger ends: its last whole line, and what a crash left behind it. It changes nothing.

import { readSync } from 'node:fs'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { beginning, type Head, headOf, type Link, lineBytes, readLink } from './chain.ts'
import { type LedgerPath, ledgerPath, listLedger } from './ledger-paths.ts'
import { openSegment } from './open-segment.ts'

export type LedgerTail = {
  /** The file that is written on; it may not be there yet. */
  readonly path: LedgerPath
  /** Of its whole lines. */
  readonly byteCount: number
  /** Behind them: a line that was not finished. */
  readonly tornBytes: number
  readonly head: Head
}

/** Throws the error of the system, or `configuration_invalid` where a file is none of a ledger. */
export function findTail(directory: string): LedgerTail {
  const files = listLedger(directory)
  const newest = files.at(-1)
  if (newest === undefined) {
    return { path: ledgerPath(directory, 1), byteCount: 0, tornBytes: 0, head: beginning }
  }
  const { byteCount, tornBytes, head } = readTail(newest)
  return { path: newest, byteCount, tornBytes, head: head ?? lastHead(files.slice(0, -1)) }
}

/** The first line of a file; undefined where it has no whole one. Throws the error of the system. */
export function firstLink(path: string): Link | undefined {
  const bytes = readRange(path, { from: 0, byteCount: lineBytes + 1 }).bytes
  const end = bytes.indexOf('\n')
  return end < 0 ? undefined : readLink(bytes.toString('utf8', 0, end))
}

function lastHead(files: readonly LedgerPath[]): Head {
  for (const file of files.toReversed()) {
    const { head } = readTail(file)
    if (head !== undefined) return head
  }
  return beginning
}

function readTail(file: LedgerPath): Pick<LedgerTail, 'byteCount' | 'tornBytes'> & { readonly head: Head | undefined } {
  const { bytes, size } = readRange(file.path, { from: 'end', byteCount: 4 * lineBytes })
  const end = bytes.lastIndexOf('\n')
  if (end < 0 && bytes.length < size) throw notALedger(file)
  const tornBytes = bytes.length - end - 1
  const lines = bytes.subarray(0, Math.max(0, end)).toString('latin1').split('\n')
  const last = Buffer.from(lines.at(-1) ?? '', 'latin1')
  return { byteCount: size - tornBytes, tornBytes, head: end < 0 ? undefined : headOf(seqOf(lines, file), last) }
}

/** Of the last line; where that was made unreadable, by counting from the nearest that is not. The hash goes on all the same. */
function seqOf(lines: readonly string[], file: LedgerPath): number {
  for (let behind = 0; behind < lines.length; behind += 1) {
    const read = readLink(lines.at(-1 - behind) ?? '')
    if (read !== undefined) return read.seq + behind
  }
  throw notALedger(file)
}

function readRange(path: string, { from, byteCount }: { from: 0 | 'end'; byteCount: number }) {
  using segment = openSegment(path)
  const size = segment.byteCount
  const bytes = Buffer.alloc(Math.min(size, byteCount))
  const start = from === 'end' ? size - bytes.length : 0
  let filled = 0
  while (filled < bytes.length) {
    const count = readSync(segment.descriptor, bytes, filled, bytes.length - filled, start + filled)
    if (count === 0) break
    filled += count
  }
  return { bytes: bytes.subarray(0, filled), size }
}

function notALedger({ path }: LedgerPath): SallyportError {
  const message = `read the ledger ${path}: its end is no line of a ledger. Keep a copy for whoever looks into it, then move the file away; the next start begins another.`
  return new SallyportError('configuration_invalid', message)
}
