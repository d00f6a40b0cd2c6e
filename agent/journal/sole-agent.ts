// One agent on a state directory at a time: two would each go on with the runs of the other. Other commands work beside it.

import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { SallyportError } from '@sallyport/protocol'
import { systemCode } from '../ports/files.ts'

/** SQLite's code for what somebody else holds. */
const busy = 5

/**
 * Holds `agent.lock` until it is disposed or the process ends, however it ends: the lock is the operating system's, by way of an
 * empty SQLite file beside the journal, into which nothing is ever written. Throws `configuration_invalid` where another agent
 * holds it, `identity_invalid` where there can be no such file.
 */
export async function beSoleAgent(stateDirectory: string): Promise<Disposable> {
  const { DatabaseSync } = await import('node:sqlite')
  const path = join(stateDirectory, 'agent.lock')
  make(path)
  try {
    const handle = new DatabaseSync(path)
    try {
      // Else SQLite would begin a file beside it, for which a full disk has no room.
      handle.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
      return { [Symbol.dispose]: () => handle.close() }
    } catch (error) {
      handle.close()
      throw error
    }
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === busy) throw isTaken(stateDirectory, error)
    throw isUnusable(path, error)
  }
}

/** For its owner alone. One that is there is not opened: to close it again would let go of a lock that this process holds. */
function make(path: string): void {
  try {
    closeSync(openSync(path, 'ax', 0o600))
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw isUnusable(path, error)
  }
}

function isTaken(stateDirectory: string, cause: unknown): SallyportError {
  const message = `start on ${stateDirectory}: another agent runs on this state directory. Stop it, or name another directory with --state; each replica has its own, and is enrolled by itself.`
  return new SallyportError('configuration_invalid', message, { cause })
}

function isUnusable(path: string, cause: unknown): SallyportError {
  const why = cause instanceof Error ? cause.message : 'failed'
  const message = `lock ${path}: ${why}. The state directory must be there, and it and the file belong to the user that the agent runs as.`
  return new SallyportError('identity_invalid', message, { cause })
}
