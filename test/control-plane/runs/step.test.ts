import { expect, test } from 'vitest'
import type { RunState } from '../../../control-plane/runs/run.ts'
import { createStep, isFinal, isHeld, type StepName } from '../../../control-plane/runs/step.ts'
import { openSqliteStore } from '../../../control-plane/store/sqlite.ts'
import { startGateway } from '../../support/gateway.ts'
import { groupsList } from '../../support/submissions.ts'

const allowed: Readonly<Record<StepName, readonly RunState[]>> = {
  send: ['queued'],
  accept: ['sent'],
  park: ['sent', 'accepted'],
  goOn: ['parked'],
  giveBack: ['sent', 'accepted', 'parked'],
  takeOver: ['sent', 'accepted', 'parked'],
  cancelQueued: ['queued'],
  cancel: ['sent', 'accepted', 'parked'],
  finish: ['sent', 'accepted', 'parked'],
  fail: ['queued', 'sent', 'accepted', 'parked'],
  refuse: ['sent', 'accepted', 'parked'],
  outlive: ['sent', 'accepted', 'parked'],
}
const states = ['queued', 'sent', 'accepted', 'parked', 'done', 'failed', 'refused', 'cancelled', 'expired'] as const

test('applies only where the drawing has the step', async () => {
  await using store = await openSqliteStore({ path: ':memory:' })
  await using plane = await startGateway({ store })
  await plane.enrol()
  const { run } = await plane.runs.submit(groupsList)
  const step = createStep({ store, clock: plane.clock, changed: () => {} })

  for (const name of Object.keys(allowed) as StepName[]) {
    // the keys of the table above
    for (const from of states) {
      await store.runs.step({ run: run.id, from: states, to: from })
      const stepped = await step({ id: run.id, attempt: 0, doubtful: false }, name)
      expect([name, from, stepped !== undefined]).toEqual([name, from, allowed[name].includes(from)])
    }
  }
})

test('is held back where another attempt has begun', async () => {
  await using plane = await startGateway()
  await plane.enrol()
  const { run } = await plane.runs.submit(groupsList)
  const changed: string[] = []
  const step = createStep({ store: plane.store, clock: plane.clock, changed: (id) => changed.push(id) })

  await step({ id: run.id, attempt: 0, doubtful: false }, 'send', { attempt: 2, replica: 'rp_1' })
  const late = await step({ id: run.id, attempt: 1, doubtful: false }, 'finish')

  expect(late).toBeUndefined()
  expect(changed).toEqual([run.id])
})

test('every state is queued, held or final', () => {
  expect(states.filter(isHeld)).toEqual(['sent', 'accepted', 'parked'])
  expect(states.filter(isFinal)).toEqual(['done', 'failed', 'refused', 'cancelled', 'expired'])
})
