// What there is to see of the host around the process, as a value that is passed in. It changes nothing and judges nothing.

import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, readdir, stat, statfs } from 'node:fs/promises'
import { promisify } from 'node:util'
import { systemCode } from './files.ts'

export type Seen = {
  readonly kind: 'file' | 'directory' | 'other'
  /** Permission bits, such as 0o600. A symbolic link is followed first. */
  readonly mode: number
  readonly uid: number
  readonly byteCount: number
  readonly changedAt: number
}

export type Room = {
  readonly freeBytes: number
  /** Undefined where the file system sets no number. */
  readonly freeFiles: number | undefined
}

export type Surroundings = {
  /** Undefined where there is nothing, or where this process may not look. */
  see(path: string): Promise<Seen | undefined>
  /** Names in a directory; none where this process may not look. */
  list(path: string): Promise<readonly string[]>
  /** Something is, or may be, there, and this process may not look into it. */
  isClosed(path: string): Promise<boolean>
  /** Of the file system that the path lies on, for whoever is not root. */
  room(path: string): Promise<Room>
  /** False where the file system is read-only, whoever asks. */
  isWritable(path: string): Promise<boolean>
  /** What a program of the host prints; undefined where there is no such program, or it failed. */
  ask(command: string, words: readonly string[], signal: AbortSignal): Promise<string | undefined>
  readonly uid: number
  readonly nodeVersion: string
}

const run = promisify(execFile)
const outputBytes = 256 * 1024

export const systemSurroundings: Surroundings = {
  see: async (path) => {
    const found = await stat(path).catch(() => undefined)
    if (found === undefined) return undefined
    const kind = found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other'
    return { kind, mode: found.mode & 0o777, uid: found.uid, byteCount: found.size, changedAt: found.mtimeMs }
  },
  list: (path) => readdir(path).catch(() => []),
  isClosed: (path) =>
    access(path, constants.R_OK).then(
      () => false,
      (error: unknown) => ['EACCES', 'EPERM'].includes(systemCode(error) ?? ''),
    ),
  room: async (path) => {
    const { bavail, bsize, files, ffree } = await statfs(path)
    return { freeBytes: bavail * bsize, freeFiles: files === 0 ? undefined : ffree }
  },
  isWritable: (path) =>
    access(path, constants.W_OK).then(
      () => true,
      (error: unknown) => systemCode(error) !== 'EROFS',
    ),
  ask: async (command, words, signal) => {
    const options = { signal, maxBuffer: outputBytes, env: { PATH: process.env.PATH, LC_ALL: 'C', SYSTEMD_PAGER: '' } }
    return await run(command, [...words], options).then(
      ({ stdout }) => stdout,
      () => undefined,
    )
  },
  get uid() {
    return process.getuid?.() ?? 0
  },
  nodeVersion: process.version,
}
