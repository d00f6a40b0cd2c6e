import { expect, test } from 'vitest'
import type { HoldRun } from '../../../agent/runs/hold-run.ts'
import { createIntake } from '../../../agent/runs/intake.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { blank } from '../../support/held-run.ts'
import { orderOf } from '../../support/run-order.ts'

test('holds a run from when its batch was signed, by each clock, and not from when it came', () => {
  const clock = createFakeClock()
  const received: Parameters<HoldRun>[1][] = []
  const hold: HoldRun = (_order, at) => {
    received.push(at)
    throw new Error('held')
  }
  const nothing = () => {}
  const take = createIntake({
    ...{
      clock,
      ledger: blank,
      hold,
      held: new Map(),
      journal: { used: () => undefined },
      past: { digestOf: () => undefined },
    },
    ...{ say: nothing, launch: nothing, changed: nothing, abandon: nothing, isDraining: () => false },
  })
  const run = { id: 'run-00000001', job: 'org.get', connection: 'main', params: {}, requester: 'test' }

  expect(() => take(orderOf(run, { age: { monotonicMs: 11_000, wallMs: 9000 } }))).toThrow('held')

  expect(received).toEqual([{ monotonicAt: clock.monotonic() - 11_000, wallAt: clock.now() - 9000 }])
})
