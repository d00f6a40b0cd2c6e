// An open session as administrators see it.

import type { ReplicaState } from './replica-state.ts'

/** A replica that is connected, as it described itself last. */
export type SessionView = Omit<ReplicaState, 'jobs'> & {
  readonly id: string
  readonly agent: string
  readonly replica: string
  readonly version: string
  readonly openedAt: number
  /** It runs the feeds of its agent. */
  readonly lead: boolean
  readonly jobs: readonly string[]
  /** Runs that were given to it and are not finished. */
  readonly runCount: number
}
