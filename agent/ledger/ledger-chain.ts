// The chain of files: lines are appended to the newest, and a new one is begun where that is too large or too old. What is
// appended when, and what follows from an error, is the ledger's business.

import { mkdirSync } from 'node:fs'
import { systemCode } from '../ports/files.ts'
import type { Head } from './chain.ts'
import type { Compose, Dated } from './compose.ts'
import type { Entry } from './entry.ts'
import { type LedgerFile, openLedgerFile } from './ledger-file.ts'
import { ledgerPath } from './ledger-paths.ts'
import { findTail, firstLink } from './ledger-tail.ts'
import { syncDirectory } from './sync-directory.ts'

export type LedgerLimits = {
  /** A file that is larger is followed by a new one. */
  readonly fileBytes: number
  /** So is one whose first line is older. */
  readonly fileMs: number
}

export type LedgerChain = {
  /** Of what was composed, written or not. */
  readonly head: Head
  readonly fileName: string
  /** Takes what is to be appended, in order. Numbered from here on, so it cannot be taken back. */
  compose(entries: readonly Dated[]): void
  /** Appends all that was composed. Throws the error of the system; then it is tried again with the next. */
  write(): void
  /** What was written before is on the disk when it resolves. */
  sync(): Promise<void>
  /** Begins the next file where it is time for that, or this one is not in its place any more, and says which. */
  rotate(now: number): 'began' | 'displaced' | 'stayed'
  close(): void
}

export type LedgerChainOptions = {
  readonly directory: string
  readonly compose: Compose
  readonly limits: LedgerLimits
  readonly now: number
}

/** `said`: what the first lines have to say of what was found. Throws the error of the system, or `configuration_invalid`. */
export function openLedgerChain(options: LedgerChainOptions): { readonly chain: LedgerChain; readonly said: Entry[] } {
  const { directory, limits, now } = options
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const tail = findTail(directory)
  const said: Entry[] =
    tail.tornBytes === 0 ? [] : [{ kind: 'ledger.mended', file: tail.path.name, bytes: tail.tornBytes }]
  let file = openLedgerFile(tail.path, tail.byteCount)
  syncDirectory(directory)
  let begunAt = beginningOf(tail.path.path) ?? now
  let head = tail.head
  let unwritten = ''

  const begin = (at: number): LedgerFile => {
    const next = openLedgerFile(ledgerPath(directory, file.number + 1), 0)
    syncDirectory(directory)
    begunAt = at
    return next
  }
  const isOver = (at: number) =>
    file.byteCount > 0 && (file.byteCount >= limits.fileBytes || at - begunAt >= limits.fileMs)

  const chain: LedgerChain = {
    get head() {
      return head
    },
    get fileName() {
      return file.name
    },
    compose: (entries) => {
      const composed = options.compose(entries, head)
      unwritten += composed.text
      head = composed.head
    },
    write: () => {
      if (unwritten === '') return
      file.append(unwritten)
      unwritten = ''
    },
    sync: () => file.sync(),
    rotate: (at) => {
      const isInPlace = file.isInPlace()
      if (isInPlace && !isOver(at)) return 'stayed'
      const next = begin(at)
      file.syncNow()
      file.close()
      file = next
      return isInPlace ? 'began' : 'displaced'
    },
    close: () => file.close(),
  }
  return { chain, said }
}

/** Undefined for a file without a line. */
function beginningOf(path: string): number | undefined {
  try {
    const first = firstLink(path)
    const at = first === undefined ? Number.NaN : Date.parse(first.at)
    return Number.isNaN(at) ? undefined : at
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}
