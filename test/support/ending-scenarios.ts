// What a control plane is doing while it is killed, where a run ends otherwise than by the answer of its replica: cancelled while
// nobody has it, lost, or never answered. And what has to be true whenever it is killed.

import { expect } from 'vitest'
import { follow, type Handover, hasEnded, isDoneByTheOther, type Stage, write } from './handover-scenarios.ts'
import type { Here } from './mortal-world.ts'

async function cancel({ world, run }: Stage): Promise<void> {
  await world.surely(({ caller }) => caller.ask('POST', `/v1/runs/${run}/cancel`))
}

/** Nobody did it, and the audit log says once that somebody asked. */
async function isCancelled(stage: Stage): Promise<void> {
  const noted = (await stage.world.audited()).filter(({ action }) => action === 'run.cancelled')
  expect(noted).toMatchObject([{ actor: 'sweep', target: stage.run }])
  expect(await follow(stage)).toMatchObject({ state: 'cancelled', error: { code: 'cancelled' } })
  expect([...stage.first.done, ...stage.other.done]).toEqual([])
}

function isFailed(code: string) {
  return async (stage: Stage) => {
    expect(await follow(stage)).toMatchObject({ state: 'failed', outcome: 'unknown', error: { code } })
    expect(stage.other.done).toEqual([])
  }
}

async function isFirstRevoked({ caller }: Here): Promise<boolean> {
  const { body } = await caller.ask('GET', '/v1/agents/acme')
  return Object(body.replicas)[0]?.revokedAt !== null
}

export const endings: Readonly<Record<string, Handover>> = {
  'a run that waits is cancelled': {
    ...write,
    isWritable: false,
    survivors: ['first', 'other'],
    happens: cancel,
    passes: ['store runs.step cancelled', 'answer to /v1/runs/RUN/cancel'],
    isOver: hasEnded,
    isTrue: isCancelled,
  },

  'a read is cancelled whose replica is away': {
    ...write,
    isRead: true,
    happens: async (stage) => {
      stage.first.vanish()
      await cancel(stage)
    },
    passes: ['store runs.step marked', 'store runs.step cancelled'],
    // What looks for lost runs by the clock may be as fast, and is then held back.
    swept: / #1$/,
    isOver: hasEnded,
    isTrue: isCancelled,
  },

  'a write is cancelled whose replica is away': {
    ...write,
    happens: async (stage) => {
      stage.first.vanish()
      await cancel(stage)
    },
    passes: ['store runs.step marked', 'store runs.step failed outcome_unknown'],
    isOver: hasEnded,
    isTrue: isFailed('outcome_unknown'),
  },

  'a replica is there and never answers': {
    ...write,
    survivors: ['first', 'other'],
    happens: () => {},
    passes: ['store runs.step failed outcome_unknown', 'frame cancel'],
    isOver: hasEnded,
    isTrue: isFailed('outcome_unknown'),
  },

  'a replica comes back without its journal': {
    ...write,
    survivors: ['first', 'other'],
    happens: async ({ world, first }) => {
      first.loseJournal()
      await world.surely(({ url }) => first.connect(url))
    },
    passes: ['store runs.step failed journal_lost', 'store replicas.opened'],
    isOver: hasEnded,
    isTrue: isFailed('journal_lost'),
  },

  'a replica leaves for good with a write': {
    ...write,
    happens: async ({ world, first }) => {
      await world.surely(async (here) => (await isFirstRevoked(here)) || (await first.goodbye(here.url)))
    },
    passes: ['store replicas.revoke', 'store runs.step queued in doubt'],
    isOver: hasEnded,
    isTrue: async (stage) => {
      expect(await stage.world.surely(isFirstRevoked)).toBe(true)
      expect(await follow(stage)).toMatchObject({ state: 'done', error: null, rows: { length: 1 } })
      expect([stage.first.done, stage.other.done]).toEqual([[], [stage.run]])
    },
  },

  'the control plane itself is stopping': {
    ...write,
    survivors: ['first', 'other'],
    happens: async ({ world, first }) => {
      world.stop()
      await world.surely(async () => first.leave())
    },
    passes: ['frame leave'],
    isOver: hasEnded,
    isTrue: isDoneByTheOther,
  },
}
