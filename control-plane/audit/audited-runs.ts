// Submitting and cancelling runs, written to the audit log.

import type { Log } from '../ports/log.ts'
import type { Run } from '../runs/run.ts'
import type { Runs, Submission } from '../runs/runs.ts'
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
  // What was done is not undone because it cannot be noted.
  const noteOrLog: Note = (...entry) =>
    note(...entry).catch((error: unknown) => log.error('audit.failed', { action: entry[1], target: entry[2], error }))
  return {
    get: runs.get,
    list: runs.list,
    watch: runs.watch,
    async submit(submission: Submission) {
      const { run, existing } = await runs.submit(submission)
      const { agent, job, connection, requester } = run
      // Nobody waits for it: the run itself keeps who asked for it, and a commit more would slow each one.
      if (!existing) void noteOrLog(requester, 'run.submitted', run.id, { agent, job, connection })
      return { run, existing }
    },
    async cancel(actor, id) {
      const run = await runs.cancel(id)
      await noteOrLog(actor, 'run.cancelled', id, { agent: run.agent, state: run.state })
      return run
    },
  }
}
