// One open file of the journal: checked, of this version, of the right key, its statements prepared. When it is opened, and
// what becomes of one that does not open, is the store's business.

import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import type { Random } from '../ports/random.ts'
import { type CountedChanges, createCountedChanges } from './counted-changes.ts'
import { JournalCorruptError } from './journal-error.ts'
import type { JournalKey } from './journal-key.ts'
import type { JournalPaths } from './journal-paths.ts'
import { type Migration, migrate, versionOf } from './migrate.ts'
import { createRunReads, type RunReads } from './run-reads.ts'
import { createRunWrites, type RunWrites } from './run-writes.ts'
import { closeKeyCheck, isSameKey, type Seal } from './seal.ts'
import { createPrepare } from './statement.ts'
import { createUsedIds, type UsedIds, type UsedLimits } from './used-ids.ts'

export type JournalFile = {
  /** Drawn when the file was made: another file is another journal. */
  readonly id: string
  readonly handle: DatabaseSync
  /** How often it was taken into use and put down, this time included. */
  readonly useCount: number
  readonly writes: RunWrites
  readonly reads: RunReads
  readonly usedIds: UsedIds
  readonly countedChanges: CountedChanges
  /** False once the file or its log was removed, replaced or cut off: what is written then is found by nobody. */
  isInPlace(): boolean
}

export type JournalFileOptions = {
  /** Of `node:sqlite`, which is loaded only where there is a journal. */
  readonly DatabaseSync: typeof DatabaseSync
  readonly paths: JournalPaths
  readonly key: JournalKey
  readonly seal: Seal
  readonly migrations: readonly Migration[]
  readonly usedLimits: UsedLimits
  readonly random: Pick<Random, 'bytes'>
  /** As far as is known elsewhere; 0 where there has been no file before. */
  readonly knownUseCount: number
}

/** Another process that reads or copies the file is waited for, but not for long: everything else waits meanwhile. */
const busyMs = 1000
/** What a burst may leave of the write-ahead log. */
const logBytes = 16 * 1024 * 1024
const durability = `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${logBytes}`

/**
 * Opens the file, or makes it where there is none. Throws `JournalCorruptError` or an error of SQLite or of the system,
 * and `configuration_invalid` for a wrong key or a version that is too new.
 */
export function openJournalFile(options: JournalFileOptions): JournalFile {
  const { paths, seal, migrations } = options
  const { database } = paths
  if (!existsSync(database)) make(options)
  // Opening it makes a new one.
  const hasLog = existsSync(`${database}-wal`)
  for (const path of [database, `${database}-wal`, `${database}-shm`]) if (existsSync(path)) chmodSync(path, 0o600)
  const handle = openHandle(options, database)
  try {
    check(handle)
    checkKey(handle, options)
    migrate(handle, migrations, database)
    handle.exec(durability)
    const id = checkId(handle)
    const useCount = checkUseCount(handle, options) + 1
    markInUse(handle, { hasLog, useCount })
    const prepare = createPrepare(handle)
    const { ino, size } = statSync(database)
    return {
      id,
      handle,
      useCount,
      writes: createRunWrites(prepare),
      reads: createRunReads(prepare, seal),
      usedIds: createUsedIds(prepare, options.usedLimits),
      countedChanges: createCountedChanges(prepare),
      isInPlace: () => {
        const found = statSync(database, { throwIfNoEntry: false })
        return found?.ino === ino && found.size >= size && existsSync(`${database}-wal`)
      },
    }
  } catch (error) {
    closeInUse(handle, hasLog)
    throw error
  }
}

/** Made beside its place and then renamed: a file that is there and is not whole was damaged, whenever the power failed. */
function make(options: JournalFileOptions): void {
  const { paths, seal, migrations, knownUseCount } = options
  // Of a loss that is marked already, this is the mending.
  if (knownUseCount > 0 && !existsSync(paths.lost)) throw new JournalCorruptError('it is gone')
  if (existsSync(`${paths.database}-wal`)) throw new JournalCorruptError('its log is there and the file is not')
  const neighbour = `${paths.database}.new`
  for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(`${neighbour}${suffix}`, { force: true })
  // SQLite gives its -wal and -shm the mode of the file.
  closeSync(openSync(neighbour, 'wx', 0o600))
  const handle = openHandle(options, neighbour)
  try {
    handle.exec(durability)
    migrate(handle, migrations, neighbour)
    handle.prepare("INSERT INTO meta VALUES ('key_check', ?)").run(closeKeyCheck(seal))
    handle.prepare("INSERT INTO meta VALUES ('id', ?)").run(options.random.bytes(16))
    setUseCount(handle, knownUseCount)
  } finally {
    handle.close()
  }
  renameSync(neighbour, paths.database)
  syncDirectory(paths.directory)
}

function openHandle({ DatabaseSync }: JournalFileOptions, path: string): DatabaseSync {
  return new DatabaseSync(path, { timeout: busyMs, enableForeignKeyConstraints: true, defensive: true })
}

function check(handle: DatabaseSync): void {
  const result = handle.prepare('PRAGMA quick_check(1)').get()?.quick_check
  if (result !== 'ok') throw new JournalCorruptError(`quick_check: ${String(result)}`)
  if (versionOf(handle) === 0) throw new JournalCorruptError('it is empty')
}

function checkKey(handle: DatabaseSync, { seal, paths, key }: JournalFileOptions): void {
  const kept = handle.prepare("SELECT value FROM meta WHERE name = 'key_check'").get()?.value
  if (!(kept instanceof Uint8Array)) throw new JournalCorruptError('its key check is gone')
  if (isSameKey(seal, kept)) return
  throw new SallyportError(
    'configuration_invalid',
    `open the journal ${paths.database}: it was closed with another key than ${key.path}. Put back the key that belongs to it; without that key, move the journal away: what was under way is then lost.`,
  )
}

function checkId(handle: DatabaseSync): string {
  const id = handle.prepare("SELECT value FROM meta WHERE name = 'id'").get()?.value
  if (!(id instanceof Uint8Array)) throw new JournalCorruptError('its id is gone')
  return Buffer.from(id).toString('base64url')
}

/** A file of a release that did not count has none. */
function checkUseCount(handle: DatabaseSync, { knownUseCount }: JournalFileOptions): number {
  const kept = handle.prepare("SELECT value FROM meta WHERE name = 'use_count'").get()?.value
  const useCount = kept instanceof Uint8Array ? Number(Buffer.from(kept).toString()) : 0
  if (useCount >= knownUseCount) return useCount
  throw new JournalCorruptError('an older copy lies in its place')
}

function setUseCount(handle: DatabaseSync, useCount: number): void {
  handle.prepare("REPLACE INTO meta VALUES ('use_count', ?)").run(Buffer.from(String(useCount)))
}

/**
 * While the file is in use, it has a log beside it, and what was committed last is in that alone. A file that was in use and
 * has none has lost what it was told. The mark must not be in the log itself.
 */
function markInUse(
  handle: DatabaseSync,
  { hasLog, useCount }: { readonly hasLog: boolean; readonly useCount: number },
): void {
  const wasInUse = handle.prepare("SELECT 1 FROM meta WHERE name = 'in_use'").get() !== undefined
  if (wasInUse && !hasLog) throw new JournalCorruptError('its log is gone, or another program opened it after a crash')
  setUseCount(handle, useCount)
  handle.exec("REPLACE INTO meta VALUES ('in_use', x'01'); PRAGMA wal_checkpoint(TRUNCATE)")
}

/**
 * Puts it down: after it the file needs no log. Returns how often it was taken into use and put down then. Throws the error of
 * SQLite where that cannot be written; the file is then as after a crash.
 */
export function closeJournalFile({ handle, useCount }: JournalFile): number {
  const endCount = useCount + 1
  try {
    setUseCount(handle, endCount)
    handle.exec("DELETE FROM meta WHERE name = 'in_use'")
  } catch (error) {
    closeInUse(handle, true)
    throw error
  }
  handle.close()
  return endCount
}

/**
 * SQLite takes the log into the file when it closes, and removes it, which of a file that is marked as in use would look like a
 * loss. An empty one in its place says that nothing is missing; one that is still there stays as it is.
 */
function closeInUse(handle: DatabaseSync, hadLog: boolean): void {
  const log = `${handle.location()}-wal`
  handle.close()
  if (hadLog) closeSync(openSync(log, 'a', 0o600))
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
