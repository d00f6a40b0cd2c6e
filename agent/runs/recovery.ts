// When a replica goes on with what an earlier process left: at its start, or as soon as the journal can be read. How it does
// is the business of the runs.

import { SallyportError } from '@sallyport/protocol'
import type { Journal } from '../journal/journal.ts'
import type { JournalStateName } from '../journal/journal-state.ts'
import type { Log } from '../log.ts'
import type { Runs } from './runs.ts'

export type Recovery = {
  /** The state of the journal, as it may be told: what a replica with an `ok` journal does not name as held counts as not begun. */
  journalState(): JournalStateName
}

export type RecoveryOptions = {
  readonly runs: Pick<Runs, 'recover'>
  readonly journal: Pick<Journal, 'state' | 'id' | 'onChange'>
  readonly log: Log
  /** What is held was not known before: a new session has to name it. */
  readonly onLate: () => void
}

/** Rejects as `recover` does, unless the journal cannot be read now: then it is tried again when that has passed. */
export async function startRecovery({ runs, journal, log, onLate }: RecoveryOptions): Promise<Recovery> {
  let isDone = false
  let isTrying = false
  const recover = async (onDone: () => void) => {
    isTrying = true
    try {
      await runs.recover()
      isDone = true
      onDone()
    } finally {
      isTrying = false
    }
  }
  const told = (error: unknown) => log.warn('runs.not_recovered', { error })
  await recover(() => {}).catch((error: unknown) => {
    if (!isUnavailable(error)) throw error
    told(error)
  })
  const stop = journal.onChange(({ name }) => {
    if (isDone) stop()
    else if (!isTrying && (name === 'ok' || name === 'lost')) recover(onLate).catch(told)
  })
  return {
    journalState: () => {
      const { name } = journal.state
      // In the middle of a loss there is no file for a moment, and what is sent then would be sent under none.
      return name === 'ok' && (!isDone || journal.id === undefined) ? 'failing' : name
    },
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof SallyportError && error.code === 'journal_unavailable'
}
