// One server on a state directory at a time: two would each take the runs of the other for lost. Verbs of the command line
// are no servers, and work beside it.

import { closeSync, openSync } from 'node:fs'
import { SallyportError } from '@sallyport/protocol'

/**
 * Holds `path` until it is disposed or the process ends, however it ends: the lock is the operating system's, by way of an
 * empty SQLite file. Throws `configuration_invalid` where another one holds it.
 */
export async function beSoleServer(path: string): Promise<Disposable> {
  const { DatabaseSync } = await import('node:sqlite')
  closeSync(openSync(path, 'a', 0o600))
  const handle = new DatabaseSync(path)
  try {
    handle.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    handle.close()
    const message = `start on ${path}: another control plane runs on this state directory. Stop it, or name another with --state.`
    throw new SallyportError('configuration_invalid', message, { cause })
  }
  return { [Symbol.dispose]: () => handle.close() }
}
