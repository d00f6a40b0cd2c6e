import { expect, test } from 'vitest'
import { createToldState } from '../../../agent/session/told-state.ts'

const headAt = (seq: number) => ({ seq, hash: 'a'.repeat(64) })
const signed = (seq: number) => ({ head: headAt(seq), signature: 's' })

function makeTold() {
  const host = { head: headAt(5), state: 'ok' as 'ok' | 'full' }
  const told = createToldState({
    connections: { states: () => [{ name: 'main', state: 'ready' }] },
    journalState: () => host.state,
    policy: { digest: null, jobs: ['groups.list'] },
    ledger: host,
  })
  return { host, told }
}

test('says what changed since it was told, once', () => {
  const { host, told } = makeTold()
  told.whole()

  host.state = 'full'

  expect(JSON.parse(told.changed('serving') ?? '')).toEqual({ type: 'state', journal: 'full' })
  expect(told.changed('serving')).toBeUndefined()
})

test('tells a head that was signed unless a newer one was told, which would look as if the ledger went back', () => {
  const { told } = makeTold()
  expect(told.whole().ledger).toEqual(headAt(5))

  expect(told.sealed(signed(4))).toBeUndefined()
  expect(JSON.parse(told.sealed(signed(7)) ?? '')).toEqual({
    ...{ type: 'state', ledger: { ...headAt(7), signature: 's' } },
  })
  expect(told.sealed(signed(7))).toBeUndefined()
})
