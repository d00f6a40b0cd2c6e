// What a replica said of itself: all of it in `hello`, and in each `state` what has changed.

import type { AgentFrame, ConnectionState, HelloBody } from '@sallyport/protocol'

export type ReplicaState = {
  /** Those that its policy lets through for some connection. */
  readonly jobs: ReadonlySet<string>
  readonly policy: string | null
  readonly connections: readonly ConnectionState[]
  /** It takes no more runs. */
  readonly draining: boolean
}

export type StateChange = Omit<Extract<AgentFrame, { type: 'state' }>, 'type'>

export function firstState({ jobs, policy, connections }: HelloBody): ReplicaState {
  return { jobs: new Set(jobs), policy, connections, draining: false }
}

export function nextState(before: ReplicaState, { jobs, policy, connections, draining }: StateChange): ReplicaState {
  return {
    jobs: jobs === undefined ? before.jobs : new Set(jobs),
    // `null` is said: there is no policy any more.
    policy: policy === undefined ? before.policy : policy,
    connections: connections ?? before.connections,
    draining: draining ?? before.draining,
  }
}
