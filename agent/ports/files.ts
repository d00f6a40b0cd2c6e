// Reading a file of the host as a value that is passed in. It reads, bounded, and judges nothing.

import { constants, lstatSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'

export type FileRead =
  | {
      readonly kind: 'file'
      readonly bytes: Uint8Array
      /** False where the file is longer than the limit; `bytes` then ends at the limit. */
      readonly whole: boolean
      /** Permission bits, such as 0o600, of what was read; a symbolic link is followed first. */
      readonly mode: number
      /** Somebody owns it who is neither root nor the user of this process, nor whom root acts for. */
      readonly isForeign?: true
    }
  | { readonly kind: 'other' }

export type Files = {
  /** Reads at most `limitBytes`. Rejects with the error of the system, which carries `code`, such as `ENOENT`. */
  read(path: string, limitBytes: number): Promise<FileRead>
}

const firstBytes = 2048

export const systemFiles: Files = { read: (path, limitBytes) => readFile(path, limitBytes) }

/** Of commands that root gives for the agent: to root, what the owner of the state directory has is not foreign. */
export function filesOfAgent(stateDirectory: string): Files {
  return {
    read: (path, limitBytes) => {
      const isRoot = process.getuid?.() === 0
      const owner = isRoot ? statSync(stateDirectory, { throwIfNoEntry: false })?.uid : undefined
      return readFile(path, limitBytes, owner)
    },
  }
}

async function readFile(path: string, limitBytes: number, owner?: number): Promise<FileRead> {
  // Without O_NONBLOCK, opening a FIFO waits for whoever writes to it.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const stat = await file.stat()
  if (!stat.isFile()) return { kind: 'other' }
  // The size of a file in /proc or in a changing mount says nothing, so the reading itself finds the end. Most are small and
  // are read every few seconds, so that room for the largest would be most of what an idle agent takes.
  let buffer = Buffer.alloc(Math.min(firstBytes, limitBytes + 1))
  let filled = 0
  for (;;) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, filled)
    filled += bytesRead
    if (bytesRead === 0 || filled > limitBytes) break
    if (filled === buffer.length) buffer = Buffer.concat([buffer], Math.min(2 * filled, limitBytes + 1))
  }
  const whole = filled <= limitBytes
  const bytes = buffer.subarray(0, Math.min(filled, limitBytes))
  const isOurs = [0, process.getuid?.(), owner].includes(stat.uid)
  return { kind: 'file', bytes, whole, mode: stat.mode & 0o777, ...(isOurs ? {} : { isForeign: true }) }
}

/**
 * True also for a link that leads nowhere, and for what cannot be looked up: somebody put it there, so that its reading has to say
 * what is wrong, and nothing is taken for granted instead.
 */
export function isPut(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch (error) {
    return !['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')
  }
}

/** The system's code of a failed call, such as `ENOENT`; undefined for any other error. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
