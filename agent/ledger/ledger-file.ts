// One file of the ledger, open for appending. It is only ever made longer; what did not fit is cut off again.

import {
  closeSync,
  fchmodSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  statSync,
  writeSync,
} from 'node:fs'
import { promisify } from 'node:util'
import type { LedgerPath } from './ledger-paths.ts'

const sync = promisify(fdatasync)

export type LedgerFile = {
  readonly name: string
  readonly number: number
  readonly byteCount: number
  /** All of it or nothing. Throws the error of the system. */
  append(text: string): void
  /** What was appended before is on the disk when it resolves. One at a time; not while it is closed. */
  sync(): Promise<void>
  /** The same, and everybody else waits meanwhile. */
  syncNow(): void
  /** False once it was removed, replaced or cut: what is written then is found by nobody. */
  isInPlace(): boolean
  close(): void
}

/** Goes on after `byteCount`; what is there behind it is cut off. Mode 0600. */
export function openLedgerFile({ path, name, number }: LedgerPath, byteCount: number): LedgerFile {
  const descriptor = openSync(path, byteCount === 0 ? 'w' : 'r+', 0o600)
  let length = byteCount
  let wasCut = false
  fchmodSync(descriptor, 0o600)
  ftruncateSync(descriptor, length)
  const { ino } = fstatSync(descriptor)
  return {
    name,
    number,
    get byteCount() {
      return length
    },
    append: (text) => {
      const bytes = Buffer.from(text)
      // What is written now closes the gap with zeros, and the size tells no more.
      wasCut ||= fstatSync(descriptor).size < length
      try {
        for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done, undefined, length + done)
        length += bytes.length
      } catch (error) {
        ftruncateSync(descriptor, length)
        throw error
      }
    },
    sync: () => sync(descriptor),
    syncNow: () => fdatasyncSync(descriptor),
    isInPlace: () => {
      const found = statSync(path, { throwIfNoEntry: false })
      return !wasCut && found?.ino === ino && found.size >= length
    },
    close: () => closeSync(descriptor),
  }
}
