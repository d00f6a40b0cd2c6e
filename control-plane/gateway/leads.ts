// Which replica of an agent runs its feeds. One at a time has the lead, and its epoch goes up whenever another one gets it, so
// that what an older lead still sends is told from what the one says that has it.

import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Agent, Store } from '../store/store.ts'
import type { Session } from './session.ts'

/** What a replica is told: whether it has the lead, and the epoch that counts. */
export type Leading = { readonly lead: boolean; readonly epoch: number }

type Candidate = Pick<Session, 'agent' | 'replica' | 'leads' | 'draining' | 'tellLead'>

export type Leads = {
  /** What `welcome` says: a replica keeps the lead that it had, and takes one that nobody has. */
  begin(session: Pick<Candidate, 'agent' | 'replica'>): Promise<Leading>
  /** It left on purpose: where it had the lead, nobody waits for it. */
  left(session: Pick<Candidate, 'agent' | 'leads'>): void
  /** Gives the lead of whoever is gone for too long, or stopping, to another. Called once a second with all open sessions. */
  review(sessions: readonly Candidate[]): Promise<void>
}

type LeadsOptions = {
  readonly store: Pick<Store, 'agents' | 'replicas'>
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log: Log
}

/** A session that breaks is back before; a feed stands still no longer than this. */
const graceMs = 10_000

export function createLeads(options: LeadsOptions): Leads {
  const { store, clock } = options
  /** Since when each agent has sessions, and none of them the lead. */
  const leaderlessSince = new Map<string, number>()

  const reviewAgent = async (name: string, sessions: readonly Candidate[]) => {
    const leaders = sessions.filter(({ leads }) => leads)
    if (leaders.length === 1 && leaders[0]?.draining === false) return void leaderlessSince.delete(name)
    const agent = await store.agents.get(name)
    if (agent === undefined) return
    const next = await heir(agent, sessions)
    if (next === undefined) return await tellOthers(sessions, agent)
    leaderlessSince.delete(name)
    await give(options, agent, { next, sessions })
  }

  /** Undefined while the lead stays where it is. */
  const heir = async (agent: Agent, sessions: readonly Candidate[]): Promise<Candidate | undefined> => {
    const holder = sessions.find(({ replica }) => replica === agent.lead)
    const next = sessions.find((session) => session !== holder && !session.draining)
    if (holder !== undefined) return holder.draining ? next : undefined
    const since = leaderlessSince.get(agent.name) ?? clock.monotonic()
    leaderlessSince.set(agent.name, since)
    const isGone = clock.monotonic() - since >= graceMs || !(await mayReturn(store, agent))
    return isGone ? next : undefined
  }

  return {
    begin: async ({ agent: name, replica }) => {
      const agent = await store.agents.get(name)
      if (agent === undefined) return { lead: false, epoch: 0 }
      const { lead, epoch } = agent
      if (lead === replica || (lead !== null && (await mayReturn(store, agent))))
        return { lead: lead === replica, epoch }
      if (await store.agents.giveLead(name, { replica, epoch })) return { lead: true, epoch: epoch + 1 }
      // Another one was faster.
      return { lead: false, epoch: epoch + 1 }
    },
    left: ({ agent, leads }) => {
      if (leads) leaderlessSince.set(agent, Number.NEGATIVE_INFINITY)
    },
    review: async (sessions) => {
      const byAgent = Map.groupBy(sessions, ({ agent }) => agent)
      for (const name of leaderlessSince.keys()) if (!byAgent.has(name)) leaderlessSince.delete(name)
      for (const [name, own] of byAgent) await reviewAgent(name, own)
    },
  }
}

type Handover = { readonly next: Candidate; readonly sessions: readonly Candidate[] }

async function give({ store, log }: LeadsOptions, agent: Agent, { next, sessions }: Handover): Promise<void> {
  const { name, lead: from, epoch } = agent
  const { replica } = next
  if (!(await store.agents.giveLead(name, { replica, epoch }))) return
  log.info('lead.given', { agent: name, replica, from, epoch: epoch + 1 })
  await tellOthers(sessions, { lead: replica, epoch: epoch + 1 })
  await next.tellLead({ lead: true, epoch: epoch + 1 })
}

/** Whoever believes to have the lead and has not. */
async function tellOthers(
  sessions: readonly Candidate[],
  { lead, epoch }: Pick<Agent, 'lead' | 'epoch'>,
): Promise<void> {
  const others = sessions.filter(({ leads, replica }) => leads && replica !== lead)
  await Promise.all(others.map((session) => session.tellLead({ lead: false, epoch })))
}

async function mayReturn({ replicas }: Pick<Store, 'replicas'>, { lead }: Agent): Promise<boolean> {
  const replica = lead === null ? undefined : await replicas.get(lead)
  return replica !== undefined && replica.revokedAt === null
}
