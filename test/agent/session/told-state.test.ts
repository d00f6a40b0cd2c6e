import { expect, test } from 'vitest'
import { createToldState } from '../../../agent/session/told-state.ts'

type Policy = { digest: string | null; jobs: readonly string[] }

function aReplica() {
  const policy: Policy = { digest: null, jobs: ['org.get'] }
  const states = [{ name: 'main', state: 'unproven' as 'unproven' | 'ready' }]
  const told = createToldState({
    connections: { states: () => states },
    journalState: () => 'ok',
    policy,
    ledger: { head: null },
  })
  const changed = (draining: 'draining' | 'serving' = 'serving') => JSON.parse(told.changed(draining) ?? 'null')
  return { policy, states, told, changed }
}

test('says everything in hello, and then nothing until something changes', () => {
  const { told, changed } = aReplica()

  expect(told.whole()).toMatchObject({ policy: null, jobs: ['org.get'], journal: 'ok' })
  expect(changed()).toBeNull()
})

test('says only what changed, and once', () => {
  const { told, policy, states, changed } = aReplica()
  told.whole()

  policy.jobs = ['org.get', 'users.list']
  expect(changed()).toEqual({ type: 'state', policy: null, jobs: ['org.get', 'users.list'] })
  states[0] = { name: 'main', state: 'ready' }
  expect(changed()).toEqual({ type: 'state', connections: states })
  expect(changed()).toBeNull()
})

test('says that it drains however often it is asked', () => {
  const { told, changed } = aReplica()
  told.whole()

  expect([changed('draining'), changed('draining')]).toEqual(Array(2).fill({ type: 'state', draining: true }))
})
