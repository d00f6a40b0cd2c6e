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
  /** The frame by which the agent answers, in place of `done`. */
  readonly answer?: Readonly<Record<string, unknown>>
  /** What the control plane does in it, whatever else it does: each is swept before and after. */
  readonly passes: readonly string[]
  /** Other points than these are swept elsewhere. */
  readonly swept?: RegExp
}

const userId = '6026bec6b8207255280d5981'
const membership = { userId, outcome: 'applied', reason: null, would: null }
const read = { job: 'groups.list', params: {}, isCancelled: false, doneCount: 0, pages: [groupRows(0, 2)] }
const error = (code: string) => ({ code, message: 'as the agent says' })
/** What comes before and after them is swept with the reads that end well. */
const oneEnd = { ...read, swept: /store runs\.step (?!accepted)|frame (ack|cancel)/ }
const write = {
  job: 'groups.members.add',
  params: { groupId: '6026da081f24755306c2ee0d', userIds: [userId] },
  pages: [[membership]],
  isCancelled: false,
  ends: { state: 'done', outcome: 'applied', error: null, rows: [membership] },
  doneCount: 1,
  passes: ['store runs.step accepted', 'store runs.step done'],
}
const submitted = 'answer to /v1/agents/acme/runs'

export const scenarios = {
  'a read of one page': {
    ...read,
    ends: { state: 'done', error: null, rows: groupRows(0, 2) },
    passes: ['store runs.add', 'frame run', 'store runs.step done', 'frame ack', submitted],
    swept: /^(?!.* line of )/,
  },
  'a read of three pages': {
    ...read,
    pages: [groupRows(0, 2), groupRows(2, 2), groupRows(4, 1)],
    ends: { state: 'done', error: null, rows: groupRows(0, 5) },
    passes: ['store pages.add', 'line of a run'],
  },
  'a write': { ...write, swept: /^(?!.* line of )/ },
  'the cancel of a read': {
    ...read,
    isCancelled: true,
    ends: { state: 'cancelled', rows: [] },
    passes: ['store runs.step marked', 'frame cancel', 'store runs.step cancelled', 'answer to /v1/runs/RUN/cancel'],
    swept: /^(?!.* line of )/,
  },
  'the cancel of a write that was sent': {
    ...{ ...write, isCancelled: true },
    passes: ['store runs.step marked', 'frame cancel', 'store runs.step done'],
  },
  'a read that fails at the agent': {
    ...oneEnd,
    answer: { type: 'failed', error: error('not_found') },
    ends: { state: 'failed', outcome: null, error: error('not_found') },
    passes: ['store runs.step failed not_found'],
  },
  'a run that the agent refuses': {
    ...oneEnd,
    answer: { type: 'refused', error: error('policy_denied') },
    ends: { state: 'refused', error: error('policy_denied'), rows: [] },
    passes: ['store runs.step refused'],
  },
  'a run that waited for too long at the agent': {
    ...oneEnd,
    answer: { type: 'refused', error: error('run_expired') },
    ends: { state: 'expired', error: error('run_expired'), rows: [] },
    passes: ['store runs.step expired'],
  },
  'an answer that does not fit its rows': {
    ...oneEnd,
    answer: { type: 'done', pages: 1, rowCount: 2, sha256: 'f'.repeat(64), rows: groupRows(0, 2) },
    ends: { state: 'failed', error: { code: 'digest_mismatch' }, rows: [] },
    passes: ['store runs.step failed digest_mismatch', 'frame cancel'],
  },
} satisfies Readonly<Record<string, Scenario>>

export const agentOf = ({ pages, isCancelled, answer }: Scenario, identity: PeerIdentity): HonestAgent =>
  createHonestAgent({ ...identity }, { pages: () => pages, waitsForCancel: isCancelled, ...(answer && { answer }) })

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

/** What the control plane does in an enrolment and the first session after it. */
export const enrolmentPasses = [
  ...['store codes.use', 'store audit.add', 'answer to /v1/enrolments'],
  ...['frame challenge', 'store replicas.opened', 'store agents.giveLead', 'frame welcome'],
]

/** What it does with runs whose job it does not have. */
export const unknownJobPasses = ['store runs.step failed job_unknown']

/** What it does besides while its signing key is rotated. */
export const rotationPasses = ['frame keys']
