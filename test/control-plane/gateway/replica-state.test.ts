import { expect, test } from 'vitest'
import { nextState, type ReplicaState } from '../../../control-plane/gateway/replica-state.ts'

const before: ReplicaState = {
  jobs: new Set(['users.list']),
  policy: 'f'.repeat(64),
  connections: [{ name: 'main', state: 'ready' }],
  journal: 'full',
  draining: true,
}

test('is kept where nothing is said of it', () => {
  expect(nextState(before, {})).toEqual(before)
})

test('is replaced where something is said, though it be that there is none', () => {
  const nothing = { jobs: [], policy: null, connections: [], journal: 'ok' as const, draining: false }

  expect(nextState(before, nothing)).toEqual({ ...nothing, jobs: new Set() })
})
