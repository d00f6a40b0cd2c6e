// What a control plane is doing, by its clock or at the word of an agent, while it is killed: runs and the lead go from one replica
// to another, and what waits too long ends. And what has to be true whenever it is killed.

import { expect } from 'vitest'
import type { HonestAgent } from './honest-agent.ts'
import type { Here, MortalWorld } from './mortal-world.ts'
import type { Finished } from './plane-caller.ts'

export type Stage = {
  readonly world: MortalWorld
  /** Opens its session first. */
  readonly first: HonestAgent
  readonly other: HonestAgent
  readonly run: string
}

export type Handover = {
  /** Default: a write. */
  readonly isRead?: boolean
  readonly ttlMs: number
  /** Neither of the two can write its journal, so neither is given a write. */
  readonly isWritable: boolean
  /** What sets it going; by then the first has the run, where it can. */
  readonly happens: (stage: Stage) => Promise<void> | void
  /** Who comes to the control plane that takes the place of the one that was killed. */
  readonly survivors: readonly ('first' | 'other')[]
  /** What the control plane does in it, whatever else it does: each is swept before and after. */
  readonly passes: readonly string[]
  /** Other points than these may be left out by it. */
  readonly swept?: RegExp
  readonly isOver: (here: Here, stage: Stage) => Promise<boolean>
  readonly isTrue: (stage: Stage) => Promise<void> | void
}

const minutes = 60 * 1000

export const write = { ttlMs: 5 * minutes, isWritable: true, survivors: ['other'] } as const

const vanish = ({ first }: Stage) => first.vanish()

export async function hasEnded({ caller }: Here, { run }: Stage): Promise<boolean> {
  const { body } = await caller.ask('GET', `/v1/runs/${run}`)
  return !['queued', 'sent', 'accepted'].includes(String(body.state))
}

async function hasMoved({ caller }: Here, { other }: Stage): Promise<boolean> {
  const { body } = await caller.ask('GET', '/v1/agents/acme')
  const leads = Array.from(Object(body.replicas), ({ session }) => session?.lead === true)
  return leads.join() === 'false,true' && other.leading.at(-1)?.lead === true
}

export function follow({ world, run }: Stage): Promise<Finished> {
  return world.surely(({ caller }) => caller.follow(run))
}

/** The other one did it, once; the first one comes back with its attempt, and is told to abandon it. */
export async function isDoneByTheOther(stage: Stage): Promise<void> {
  const { world, first, other, run } = stage
  const finished = await follow(stage)
  await world.surely(({ url }) => first.connect(url))

  expect(finished).toMatchObject({ state: 'done', error: null, rows: { length: 1 } })
  expect(other.done).toEqual([run])
  expect([first.done, first.held()]).toEqual([[], []])
}

/** Epochs go up, and each belongs to one replica alone. */
function isLedByTheOther({ first, other }: Stage): void {
  const epochs = [first, other].map(({ leading }) => leading.filter(({ lead }) => lead).map(({ epoch }) => epoch))
  const [before = [], after = []] = epochs
  expect(Math.min(...after)).toBeGreaterThan(Math.max(...before))
  expect(other.leading.map(({ epoch }) => epoch)).toEqual(other.leading.map(({ epoch }) => epoch).toSorted())
}

export const handovers: Readonly<Record<string, Handover>> = {
  'a write is taken over': {
    ...write,
    happens: vanish,
    passes: ['store runs.step queued in doubt'],
    isOver: hasEnded,
    isTrue: isDoneByTheOther,
  },

  'a write is handed back': {
    ...write,
    happens: ({ first }) => first.leave(),
    passes: ['store runs.step queued'],
    // A sweep that comes upon it meanwhile says it, too; whether one does is chance, and it may not in the play that waits for that.
    swept: /^(?!.*step queued #2$)/,
    isOver: hasEnded,
    isTrue: isDoneByTheOther,
  },

  'a write that was taken over finds nobody, and its time is over': {
    ...write,
    ttlMs: 1.5 * minutes,
    happens: ({ first, other }) => {
      other.tell({ journal: 'read_only' })
      first.vanish()
    },
    passes: ['store runs.expire'],
    isOver: hasEnded,
    isTrue: async (stage) => {
      expect(await follow(stage)).toMatchObject({
        state: 'failed',
        outcome: 'unknown',
        error: { code: 'outcome_unknown' },
      })
      expect(stage.other.done).toEqual([])
    },
  },

  'a write waits too long': {
    ...write,
    ttlMs: 0.5 * minutes,
    isWritable: false,
    survivors: ['first', 'other'],
    happens: () => {},
    passes: ['store runs.expire'],
    isOver: hasEnded,
    isTrue: async (stage) => {
      const { first, other } = stage
      first.tell({ journal: 'ok' })
      expect(await follow(stage)).toMatchObject({ state: 'expired', outcome: null, error: { code: 'run_expired' } })
      expect([...first.done, ...other.done]).toEqual([])
    },
  },

  'a replica says that it can write its journal again, and a write waited for that': {
    ...write,
    isWritable: false,
    survivors: ['first', 'other'],
    happens: ({ other }) => other.tell({ journal: 'ok' }),
    passes: ['store replicas.told'],
    isOver: hasEnded,
    isTrue: async (stage) => {
      const { first, other, run } = stage
      expect(await follow(stage)).toMatchObject({ state: 'done', outcome: 'applied' })
      expect([first.done, other.done]).toEqual([[], [run]])
    },
  },

  'the lead is away for too long': {
    ...write,
    happens: vanish,
    passes: ['store agents.giveLead'],
    isOver: hasMoved,
    isTrue: isLedByTheOther,
  },

  'the lead is stopping': {
    ...write,
    happens: ({ first }) => first.tell({ draining: true }),
    passes: ['store agents.giveLead', 'frame lead'],
    isOver: hasMoved,
    isTrue: isLedByTheOther,
  },
}
