// Runs whose cancelling is written to the audit log; that one was submitted, the store notes as it takes it.

import type { Log } from '../ports/log.ts'
import type { Run } from '../runs/run.ts'
import type { Runs } from '../runs/runs.ts'
import type { Note } from './note.ts'

export type AuditedRuns = Pick<Runs, 'get' | 'list' | 'watch' | 'submit'> & {
  /** Throws `run_unknown`. */
  cancel(actor: string, id: string): Promise<Run>
}

type Options = {
  readonly runs: Omit<AuditedRuns, 'cancel'> & Pick<Runs, 'cancel'>
  readonly note: Note
  readonly log: Log
}

export function createAuditedRuns({ runs, note, log }: Options): AuditedRuns {
  return {
    get: runs.get,
    list: runs.list,
    watch: runs.watch,
    submit: runs.submit,
    async cancel(actor, id) {
      const run = await runs.cancel(id)
      // What was done is not undone because it cannot be noted.
      await note(actor, 'run.cancelled', id, { agent: run.agent, state: run.state }).catch((error: unknown) =>
        log.error('audit.failed', { action: 'run.cancelled', target: id, error }),
      )
      return run
    },
  }
}
