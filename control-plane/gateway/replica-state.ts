// What a replica said of itself: all of it in `hello`, and in each `state` what has changed.

import type { AgentFrame, ConnectionState, HelloBody } from '@sallyport/protocol'
import type { JournalState } from '../runs/agent-session.ts'

export type ReplicaState = {
  /** Those that its policy lets through for some connection. */
  readonly jobs: ReadonlySet<string>
  readonly policy: string | null
  readonly connections: readonly ConnectionState[]
  /** Null where it keeps none. While it is not `ok`, the replica is given no writes. */
  readonly journal: JournalState | null
  /** It takes no more runs. Nothing but `state` says so: who hands a run back may go on with others. */
  readonly draining: boolean
}

export type StateChange = Omit<Extract<AgentFrame, { type: 'state' }>, 'type'>

export function firstState({ jobs, policy, connections, journal }: HelloBody): ReplicaState {
  return { jobs: new Set(jobs), policy, connections, journal: journal ?? null, draining: false }
}

export function nextState(before: ReplicaState, change: StateChange): ReplicaState {
  const { jobs, policy, connections, journal, draining } = change
  return {
    jobs: jobs === undefined ? before.jobs : new Set(jobs),
    // `null` is said: there is no policy any more.
    policy: policy === undefined ? before.policy : policy,
    connections: connections ?? before.connections,
    journal: journal ?? before.journal,
    draining: draining ?? before.draining,
  }
}
