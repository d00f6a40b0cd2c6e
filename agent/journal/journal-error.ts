// What an error of the journal's file means: which trouble it is, and how it is told. It reacts to nothing.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { systemCode } from '../ports/files.ts'

/** `full`, `read_only` and `failing` pass when their cause does; a `corrupt` file is set aside. */
export type Trouble = 'full' | 'read_only' | 'failing' | 'corrupt'

/** The file opens, and what is in it is not what was written. */
export class JournalCorruptError extends Error {
  override readonly name = 'JournalCorruptError'
}

/** The file does not hold the run that was asked for, or not so far: it is another than the one that did. */
export class RunNotHeldError extends Error {
  override readonly name = 'RunNotHeldError'
}

/** SQLITE_IOERR_SHMSIZE: there was no room for the index of the log, which is made when the file is opened. */
const noRoomForIndex = 10 | (19 << 8)

/** The primary result codes of SQLite, without the extended ones above them. */
const primaryCodes: ReadonlyMap<number, Trouble> = new Map([
  [5, 'failing'], // SQLITE_BUSY: another process holds the file
  [6, 'failing'], // SQLITE_LOCKED
  [8, 'read_only'], // SQLITE_READONLY
  [10, 'failing'], // SQLITE_IOERR
  [11, 'corrupt'], // SQLITE_CORRUPT
  [13, 'full'], // SQLITE_FULL
  [14, 'failing'], // SQLITE_CANTOPEN
  [26, 'corrupt'], // SQLITE_NOTADB
])

const systemCodes: ReadonlyMap<string, Trouble> = new Map([
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
  ['EROFS', 'read_only'],
  ['EACCES', 'read_only'],
  ['EPERM', 'read_only'],
])

/** Undefined for what is not the file's doing, such as a defect or a conflict: that is the asker's alone. */
export function troubleOf(error: unknown): Trouble | undefined {
  if (error instanceof JournalCorruptError) return 'corrupt'
  if (!(error instanceof Error)) return undefined
  if ('errcode' in error && typeof error.errcode === 'number') {
    return error.errcode === noRoomForIndex ? 'full' : primaryCodes.get(error.errcode & 0xff)
  }
  const code = 'syscall' in error ? systemCode(error) : undefined
  return code === undefined ? undefined : (systemCodes.get(code) ?? 'failing')
}

/** Of what keeps a journal from being begun anew: it is tried again. */
export function passingTroubleOf(error: unknown): Exclude<Trouble, 'corrupt'> {
  const trouble = troubleOf(error)
  return trouble === undefined || trouble === 'corrupt' ? 'failing' : trouble
}

const advice: Readonly<Record<Trouble, string>> = {
  full: 'there is no room; free some on its disk, and it goes on by itself',
  read_only:
    'the agent may not write it; give the file and its directory to the user that the agent runs as, on a disk that is not read-only',
  failing: 'the disk or the file system fails, or another process holds it; see the log of the host',
  corrupt: 'the file is damaged',
}

/** One sentence for people: what was being done, why it failed, and what to do. */
export function sentenceOf(trouble: Trouble, path: string, error: unknown): string {
  const why = error instanceof Error ? error.message : 'it failed'
  return `use the journal ${path}: ${advice[trouble]} (${why})`
}

/** What the asker gets. Errors that are not the file's doing stay what they are. */
export function journalError(error: unknown, path: string): unknown {
  const trouble = troubleOf(error)
  if (trouble === undefined) return error
  return new SallyportError('journal_unavailable', sentenceOf(trouble, path, error), { cause: error })
}
