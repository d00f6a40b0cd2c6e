// The policy as it is in force now: what its decisions need to know is gathered here, what they let through is counted, and a
// file that changed takes its place.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import type { Journal } from '../journal/journal.ts'
import type { JumpCloudReads } from '../jumpcloud/port.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import { createChangeCounts } from './change-counts.ts'
import type { Ask, Decision } from './decide.ts'
import { isCounted, touchedBy } from './decide-write.ts'
import type { Facts } from './facts.ts'
import { createPinBoard, type PinBoard } from './pin-board.ts'
import type { Policy } from './policy.ts'
import type { PolicyHome } from './policy-home.ts'
import { createRedaction, type Redaction } from './redaction.ts'
import { watchPanic } from './watch-panic.ts'
import { watchPolicy } from './watch-policy.ts'

/** A run as the policy sees it. */
export type AskedRun = Ask & {
  readonly run: string
  /** Under what it is counted, once it is: its own changes are not held against it. */
  readonly place?: string | undefined
}

export type PolicyInForce = Pick<Policy, 'digest' | 'jobs' | 'jobsOf'> & {
  decide(asked: AskedRun, facts?: Facts): Decision
  /**
   * Decides, and counts what it lets through, before anything of it may be sent. Rejects with `journal_unavailable`, and then
   * nothing may be.
   */
  decideAndCount(asked: AskedRun & { readonly place: string }): Promise<Decision>
  /** For one try at a run: a run that is tried again does not give back what the try before it sent. */
  newPlace(run: string): string
  /** A try has ended, and sent so many changes at most: the others are given back. */
  settle(place: string, sentCount: number): Promise<void>
  /** No write goes through on the connection without the customer's word. */
  wantsApproval(connection: string): boolean
  /** What of the rows of the connection does not leave as it is. */
  redactionOf(connection: string): Redaction
  /** Everything is denied, and nothing more may be sent. Looked up each time. */
  isPanic(): boolean
  /** Looks up the names of groups; never rejects. */
  lookUp(): Promise<void>
  /** Why the file is not in force as it is now; undefined where it is, or will be in a moment. */
  readonly flaw: string | undefined
  /** Watches the file, the names and the panic, until the signal is aborted. */
  watch(signal: AbortSignal): void
  /** Calls back when another policy took effect, and when a panic was noticed. */
  onChange(listener: (change: PolicyChange) => void): void
}

export type PolicyChange = 'policy' | 'panic.began' | 'panic.lifted'

export type PolicyInForceOptions = {
  readonly policy: Policy
  /** Its name: approvals are for one agent. */
  readonly agent: string
  /** Without it the policy stays as it is, and allows no group by its name. */
  readonly policyHome?: PolicyHome | undefined
  readonly jumpcloud: (connection: string) => Promise<JumpCloudReads>
  readonly journal: Journal
  readonly clock: Clock
  readonly log: Log
}

export function enforcePolicy(options: PolicyInForceOptions): PolicyInForce {
  const { policyHome: home, clock, log } = options
  let policy = options.policy
  let flaw: string | undefined
  const note = (why: string | undefined) => {
    flaw = why
  }
  const board = home && createPinBoard({ ...options, file: home.pinFile })
  const fieldKey = () => {
    if (home !== undefined) return home.fieldKey()
    throw new SallyportError('policy_invalid', 'hash a field: there is no key on this host')
  }
  const listeners: ((change: PolicyChange) => void)[] = []
  const tell = (change: PolicyChange) => {
    for (const listener of listeners) listener(change)
  }

  const take = async (next: Policy) => {
    await board?.follow(next)
    log.info('policy.changed', { from: policy.digest, to: next.digest, jobs: next.jobs })
    policy = next
    tell('policy')
  }
  return {
    get digest() {
      return policy.digest
    },
    get jobs() {
      return policy.jobs
    },
    get flaw() {
      return flaw
    },
    ...createDecisions(() => policy, board, options),
    jobsOf: (connection) => policy.jobsOf(connection),
    wantsApproval: (connection) => policy.rulesOf(connection)?.approvalKey !== undefined,
    redactionOf: (connection) => createRedaction(policy.rulesOf(connection)?.fields, fieldKey),
    isPanic: () => home?.panic.isOn() ?? false,
    lookUp: async () => board?.follow(policy),
    watch: (signal) => {
      if (home === undefined || board === undefined) return
      void watchPanic({ ...options, panic: home.panic, tell }, signal)
      void board.watch(signal)
      void watchPolicy({ read: home.read, digest: () => policy.digest, take, note, clock, log }, signal)
    },
    onChange: (listener) => void listeners.push(listener),
  }
}

type Decisions = Pick<PolicyInForce, 'decide' | 'decideAndCount' | 'newPlace' | 'settle'>

function createDecisions(
  current: () => Policy,
  board: PinBoard | undefined,
  { policyHome: home, agent, journal, clock }: PolicyInForceOptions,
): Decisions {
  const counts = createChangeCounts(journal)
  const counting = new Set<string>()
  let tryCount = 0

  const decide = (asked: AskedRun, facts?: Facts): Decision => {
    const { run, place = run, connection } = asked
    return current().decide(asked, {
      ...{ agent, now: clock.now(), isPanic: home?.panic.isOn() ?? false, facts },
      ...{ counted: counts.before(place, connection), pins: board?.of(connection) },
    })
  }
  return {
    decide,
    decideAndCount: async (asked) => {
      const { place, connection, changes } = asked
      const rules = current().rulesOf(connection)
      if (rules === undefined || !isCounted(rules)) return decide(asked)
      await counts.load()
      const decision = decide(asked)
      if (!decision.allowed || changes?.members === undefined) return decision
      const { groups, users } = touchedBy(asked)
      const change = { run: place, connection, members: changes.members, at: clock.now(), count: users.length }
      counting.add(place)
      // In the same turn as the decision: no other run takes the same room.
      await counts.add(groups.map((group) => ({ ...change, group })))
      return decision
    },
    newPlace: (run) => {
      tryCount += 1
      return `${run}:${clock.now()}:${tryCount}`
    },
    settle: async (place, sentCount) => {
      if (counting.delete(place)) await counts.lower(place, sentCount)
    },
  }
}
