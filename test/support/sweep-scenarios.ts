// What a control plane is doing while it is killed, and how it has to end whenever that happens.

import type { PeerIdentity } from './agent-peer.ts'
import { createHonestAgent, type HonestAgent } from './honest-agent.ts'
import type { MortalWorld } from './mortal-world.ts'
import type { Finished } from './plane-caller.ts'
import { groupRows } from './submissions.ts'
import { until } from './until.ts'

export type Scenario = {
  readonly job: string
  readonly params: unknown
  /** What the agent answers. */
  readonly pages: readonly (readonly unknown[])[]
  /** The agent answers a write when it was asked to stop, too late. */
  readonly isCancelled: boolean
  readonly ends: Readonly<Partial<Finished>>
  /** How often the agent does the write. */
  readonly doneCount: number
}

const userId = '6026bec6b8207255280d5981'
const membership = { userId, outcome: 'applied', reason: null, would: null }
const read = { job: 'groups.list', params: {}, isCancelled: false, doneCount: 0 }
const write = {
  job: 'groups.members.add',
  params: { groupId: '6026da081f24755306c2ee0d', userIds: [userId] },
  pages: [[membership]],
  isCancelled: false,
  ends: { state: 'done', outcome: 'applied', error: null, rows: [membership] },
  doneCount: 1,
}

export const scenarios = {
  'a read of one page': {
    ...read,
    pages: [groupRows(0, 2)],
    ends: { state: 'done', error: null, rows: groupRows(0, 2) },
  },
  'a read of three pages': {
    ...read,
    pages: [groupRows(0, 2), groupRows(2, 2), groupRows(4, 1)],
    ends: { state: 'done', error: null, rows: groupRows(0, 5) },
  },
  'a write': write,
  'the cancel of a read': {
    ...read,
    pages: [groupRows(0, 2)],
    isCancelled: true,
    ends: { state: 'cancelled', rows: [] },
  },
  'the cancel of a write that was sent': { ...write, isCancelled: true },
} satisfies Readonly<Record<string, Scenario>>

export const agentOf = ({ pages, isCancelled }: Scenario, identity: PeerIdentity): HonestAgent =>
  createHonestAgent({ ...identity }, { pages: () => pages, waitsForCancel: isCancelled })

type Stage = { readonly world: MortalWorld; readonly agent: HonestAgent }

/** Asks for the run as a caller does who never gives up; how it ended. Without a key, each try is a run. */
export async function play(scenario: Scenario, { world, agent }: Stage, key?: string): Promise<Finished> {
  const { job, params, isCancelled } = scenario
  const { surely } = world
  const run = await surely(({ caller }) => caller.submit(job, params, key === undefined ? {} : { key }))
  if (isCancelled) {
    await surely(({ caller }) => until(async () => (await caller.ask('GET', '/healthz')) && agent.held().length > 0))
    await surely(({ caller }) => caller.ask('POST', `/v1/runs/${run}/cancel`))
  }
  return await surely(({ caller }) => caller.follow(run))
}
