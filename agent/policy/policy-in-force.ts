// The policy as it is in force now: what its decisions need to know is gathered here, and what they let through is counted.

import type { Journal } from '../journal/journal.ts'
import type { Clock } from '../ports/clock.ts'
import { createChangeCounts } from './change-counts.ts'
import type { Ask, Decision } from './decide.ts'
import { isCounted, touchedBy } from './decide-write.ts'
import type { Facts } from './facts.ts'
import type { Policy } from './policy.ts'

/** A run as the policy sees it. */
export type AskedRun = Ask & { readonly run: string }

export type PolicyInForce = Pick<Policy, 'digest' | 'jobs'> & {
  decide(asked: AskedRun, facts?: Facts): Decision
  /**
   * Decides, and counts what it lets through, before anything of it may be sent. Rejects with `journal_unavailable`, and then
   * nothing may be.
   */
  decideAndCount(asked: AskedRun): Promise<Decision>
  /** A run has ended, and sent so many changes at most: the others are given back. */
  settle(run: string, sentCount: number): Promise<void>
}

export type PolicyInForceOptions = {
  readonly policy: Policy
  readonly journal: Journal
  readonly clock: Clock
}

export function enforcePolicy({ policy, journal, clock }: PolicyInForceOptions): PolicyInForce {
  const counts = createChangeCounts(journal)
  const counting = new Set<string>()

  const decide = (asked: AskedRun, facts?: Facts): Decision =>
    policy.decide(asked, { now: clock.now(), facts, counted: counts.before(asked.run, asked.connection) })

  return {
    digest: policy.digest,
    jobs: policy.jobs,
    decide,
    decideAndCount: async (asked) => {
      const { run, connection, changes } = asked
      const rules = policy.rulesOf(connection)
      if (rules === undefined || !isCounted(rules)) return decide(asked)
      await counts.load()
      const decision = decide(asked)
      if (!decision.allowed || changes?.members === undefined) return decision
      const { groups, users } = touchedBy(asked)
      const change = { run, connection, members: changes.members, at: clock.now(), count: users.length }
      counting.add(run)
      // In the same turn as the decision: no other run takes the same room.
      await counts.add(groups.map((group) => ({ ...change, group })))
      return decision
    },
    settle: async (run, sentCount) => {
      if (counting.delete(run)) await counts.lower(run, sentCount)
    },
  }
}
