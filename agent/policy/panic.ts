// The switch that denies everything at once: a file `panic` in the state directory, which only somebody on the host can put there.

import { lstatSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemCode } from '../ports/files.ts'

export type Panic = {
  readonly path: string
  /** Looked up each time. What cannot be looked up counts as yes, and so does a link that leads nowhere. */
  isOn(): boolean
  /** Throws the error of the system. */
  raise(): void
  lift(): void
}

export function openPanic(stateDirectory: string): Panic {
  const path = join(stateDirectory, 'panic')
  return {
    path,
    isOn: () => {
      try {
        return lstatSync(path, { throwIfNoEntry: false }) !== undefined
      } catch {
        return true
      }
    },
    raise: () => {
      try {
        writeFileSync(path, '', { mode: 0o600, flag: 'wx', flush: true })
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw error
      }
    },
    lift: () => rmSync(path, { force: true }),
  }
}
