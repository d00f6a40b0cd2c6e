// The lines of the ledger from disk, one by one: however large it is, a few hundred kilobytes of it are in memory.

import { readSync } from 'node:fs'
import { lineBytes } from './chain.ts'
import { type LedgerPath, listLedger } from './ledger-paths.ts'
import { openSegment } from './open-segment.ts'

export type LedgerLine = {
  readonly file: LedgerPath
  /** In its file, counted from 1, or from where its reading began. */
  readonly number: number
  /** Without its line feed. Valid until the next line is asked for. */
  readonly bytes: Buffer
  /** False for what a file ends with and is no whole line. */
  readonly isWhole: boolean
}

const chunkBytes = 256 * 1024

/** Oldest first. A line that is longer than any may be is cut, and not whole. Throws `ledger_broken`, or the error of the system. */
export function* readLines(directory: string): Generator<LedgerLine> {
  for (const file of listLedger(directory)) yield* linesOf(file)
}

/** What lies before `from`, in bytes, is not read. */
export function* linesOf(file: LedgerPath, from = 0): Generator<LedgerLine> {
  using segment = openSegment(file.path)
  const chunk = Buffer.alloc(chunkBytes + lineBytes + 1)
  let number = 0
  let kept = 0
  let position = from
  for (;;) {
    const count = readSync(segment.descriptor, chunk, kept, chunk.length - kept, position)
    position += count
    const filled = kept + count
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0 && end < filled; end = chunk.indexOf(10, start)) {
      number += 1
      yield { file, number, bytes: chunk.subarray(start, end), isWhole: end - start <= lineBytes }
      start = end + 1
    }
    const rest = chunk.subarray(start, filled)
    const isOver = count === 0 || rest.length > lineBytes
    if (isOver && rest.length > 0) yield { file, number: number + 1, bytes: rest, isWhole: false }
    if (isOver) return
    kept = chunk.copy(chunk, 0, start, filled)
  }
}
