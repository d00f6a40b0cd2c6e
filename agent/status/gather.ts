// Asks each part of the agent for its state.

import type { Configuration } from '../configuration/configuration.ts'
import type { Connections } from '../connections/connections.ts'
import type { Identity } from '../identity/identity.ts'
import type { Journal } from '../journal/journal.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { PolicyInForce } from '../policy/policy-in-force.ts'
import type { Runs } from '../runs/runs.ts'
import type { SessionKeeper } from '../session/keep.ts'
import type { LeadKeeper } from '../session/lead.ts'
import { createCounter } from './counts.ts'
import { type SessionStatus, type StatusSource, statusOf } from './status.ts'

export type Parts = {
  readonly configuration: Pick<Configuration, 'plane'>
  readonly identity: Pick<Identity, 'agent' | 'replica'>
  readonly instance: string
  readonly version: string
  /** In milliseconds since 1970. */
  readonly startedAt: number
  readonly keeper: SessionKeeper
  readonly lead: LeadKeeper
  readonly policy: PolicyInForce
  readonly connections: Connections
  readonly journal: Pick<Journal, 'state'>
  readonly ledger: Pick<Ledger, 'state' | 'head' | 'onEntry'>
  readonly runs: Pick<Runs, 'list' | 'held'>
  readonly isDraining: () => boolean
}

export function gatherStatus(parts: Parts): StatusSource {
  const { configuration, identity, keeper, lead, policy, connections, journal, ledger, runs } = parts
  const counter = createCounter()
  ledger.onEntry(counter.take)
  return {
    runs: runs.list,
    status: () => {
      const counts = counter.counts()
      return statusOf({
        version: parts.version,
        ...{ agent: identity.agent, replica: identity.replica, instance: parts.instance },
        startedAt: timeText(parts.startedAt),
        isDraining: parts.isDraining(),
        session: {
          state: keeper.state,
          plane: configuration.plane.url,
          id: keeper.session?.id ?? null,
          since: timeText(keeper.since),
          ...endOf(keeper),
          ...lead.current,
        },
        policy: { digest: policy.digest, jobs: policy.jobs, isPanic: policy.isPanic(), flaw: policy.flaw ?? null },
        connections: connections.states(),
        journal: { name: journal.state.name, message: journal.state.message },
        ledger: { name: ledger.state.name, message: ledger.state.message, head: ledger.head },
        runs: { held: runs.held().length, ...counts.runs },
        calls: counts.calls,
      })
    },
  }
}

function endOf({ state, endedBy }: SessionKeeper): Pick<SessionStatus, 'endedBy'> {
  return state === 'open' || endedBy === undefined ? {} : { endedBy }
}

function timeText(at: number): string {
  return new Date(at).toISOString()
}
