// The state of the agent in lines for people.

import { visibleJson } from '@sallyport/protocol/visible-json'
import type { ToldRun, ToldStatus } from './told-status.ts'

export function statusLines(shown: ToldStatus): readonly string[] {
  const { session, policy, journal, ledger, runs } = shown
  const lead = session.lead ? ', runs the feeds' : ''
  const head = ledger.head === null ? '' : `, head ${ledger.head.seq}:${ledger.head.hash}`
  return [
    `agent ${shown.agent}, replica ${shown.replica}, version ${shown.version}, since ${shown.startedAt}`,
    shown.ready ? 'ready' : 'NOT READY',
    ...shown.reasons.map((reason) => `  ${reason}`),
    `session ${session.state} to ${session.plane} since ${session.since}${lead}`,
    `policy ${policy.digest ?? 'none, so plain reads alone'}, jobs ${policy.jobs.join(' ') || 'none'}`,
    ...shown.connections.map(
      ({ name, state, expiresAt }) =>
        `connection ${name} ${state}${expiresAt === undefined ? '' : `, its credential ends ${expiresAt}`}`,
    ),
    `journal ${journal.name}, ledger ${ledger.name}${head}`,
    `runs ${runs.held} held, since the start ${runs.done} done with ${runs.rows} rows, ${runs.failed} failed, ${runs.refused} refused`,
    ...shown.warnings.map((warning) => `warning: ${warning}`),
  ]
}

export function runLine({ run, attempt, job, connection, requester, state, receivedAt, rows }: ToldRun): string {
  // The control plane wrote it.
  const by = visibleJson(JSON.stringify(requester))
  return `${run} attempt ${attempt} ${state} ${job} on ${connection} for ${by} since ${receivedAt}, ${rows} rows`
}
