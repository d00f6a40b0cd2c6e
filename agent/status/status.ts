// The state of the agent as a whole, for people and programs on its host. It is put together when it is asked for; who keeps
// each part is elsewhere.

import type { CloseReason, ConnectionState } from '@sallyport/protocol'
import type { JournalState } from '../journal/journal-state.ts'
import type { Head } from '../ledger/chain.ts'
import type { LedgerState } from '../ledger/ledger-state.ts'
import type { RunSummary } from '../runs/run-summary.ts'
import type { KeepState } from '../session/keep.ts'
import type { Lead } from '../session/lead.ts'
import type { Counts } from './counts.ts'
import { type Health, healthOf } from './health.ts'

export type SessionStatus = {
  readonly state: KeepState
  readonly plane: string
  /** Null while there is none. */
  readonly id: string | null
  /** Since when it is as it is now. */
  readonly since: string
  /** While there is none: why the newest try ended, where one of the two ends said it. */
  readonly endedBy?: CloseReason
} & Lead

export type AgentFacts = {
  readonly version: string
  readonly agent: string
  readonly replica: string
  readonly instance: string
  readonly startedAt: string
  readonly isDraining: boolean
  readonly session: SessionStatus
  readonly policy: {
    readonly digest: string | null
    readonly jobs: readonly string[]
    readonly isPanic: boolean
    /** Why the file is not in force as it is now. */
    readonly flaw: string | null
  }
  readonly connections: readonly ConnectionState[]
  readonly journal: JournalState
  readonly ledger: LedgerState & { readonly head: Head | null }
  readonly runs: { readonly held: number } & Counts['runs']
  readonly calls: Counts['calls']
}

export type AgentStatus = AgentFacts & Health

/** What is asked of a running agent on its host. */
export type StatusSource = {
  status(): AgentStatus
  runs(): readonly RunSummary[]
}

export function statusOf(facts: AgentFacts): AgentStatus {
  return { ...facts, ...healthOf(facts) }
}
