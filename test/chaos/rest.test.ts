import { expect, test } from 'vitest'
import { unrest } from './rest.ts'

const seconds = 1000

type State = { readonly runCount: number; readonly planeMs: readonly number[]; readonly agentMs: readonly number[] }

function worldOf({ runCount, planeMs, agentMs }: Partial<State>, rows: Readonly<Record<string, number>> = {}) {
  const sessions = [{ replica: 'r1', runCount: runCount ?? 0 }]
  const running = { plane: { sessions: () => sessions }, clock: { timersMs: () => planeMs ?? [] } }
  const replica = { name: 'replica-0', timersMs: () => agentMs ?? [], journalRows: () => rows }
  return { plane: { running: () => running }, replicas: [replica] }
}

const usual = { planeMs: [1, 1, 20, 20].map((count) => count * seconds), agentMs: [5 * seconds] }

test('a world is at rest while only what is periodic goes on', () => {
  expect(unrest(worldOf(usual, { intents: 0 }))).toEqual([])
})

test.for([
  [
    'a timer that nobody called off',
    worldOf({ ...usual, agentMs: [5 * seconds, 30 * seconds] }),
    /replica-0 has 1 tim/,
  ],
  ['a look around too many', worldOf({ planeMs: [1, 1, 1].map((count) => count * seconds) }), /3 timers of 1000 ms/],
  ['a run that the control plane did not forget', worldOf({ ...usual, runCount: 1 }), /r1 has 1 runs/],
  ['a row of the journal', worldOf(usual, { intents: 2 }), /keeps 2 intents/],
  ['a replica that did not come back', { ...worldOf(usual), replicas: [] }, /1 of 0 replicas/],
] as const)('notices %s', ([, world, noticed]) => {
  expect(unrest(world).join()).toMatch(noticed)
})
