// Where the journal's files lie in the state directory.

import { join } from 'node:path'

export type JournalPaths = {
  readonly directory: string
  readonly database: string
  readonly key: string
  /** There while a journal was lost and nobody has said `resume`. */
  readonly lost: string
}

export function journalPaths(stateDirectory: string): JournalPaths {
  return {
    directory: stateDirectory,
    database: join(stateDirectory, 'journal.db'),
    key: join(stateDirectory, 'journal.key'),
    lost: join(stateDirectory, 'journal.lost'),
  }
}
