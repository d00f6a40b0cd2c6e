// The state directory of a process that may crash: what is on the disk at the instant of the crash is copied, and the next
// process goes on from the copy. Whatever the dead one still writes, it writes where nobody looks.

import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export type StateDirectory = {
  /** Of the process that runs now. */
  readonly path: string
  /** Synchronous, so that nothing can happen between the crash and the copy. */
  abandon(): void
}

export function createStateDirectory(folder: string, name: string): StateDirectory {
  let generation = 1
  const pathOf = (number: number) => join(folder, `${name}-${number}`)
  mkdirSync(pathOf(generation), { recursive: true, mode: 0o700 })
  return {
    get path() {
      return pathOf(generation)
    },
    abandon: () => {
      const from = pathOf(generation)
      generation += 1
      copy(from, pathOf(generation))
    },
  }
}

const tries = 5

/** The dead process may still rename a file in the middle of it: then it is the instant after that which is copied. */
function copy(from: string, to: string, left = tries): void {
  try {
    // The index of a write-ahead log is shared memory, which dies with its processes; SQLite makes it anew.
    cpSync(from, to, { recursive: true, filter: (file) => !file.endsWith('-shm') })
  } catch (error) {
    if (left === 0 || !(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    rmSync(to, { recursive: true, force: true })
    copy(from, to, left - 1)
  }
}
