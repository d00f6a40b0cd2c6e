import { expect, test } from 'vitest'
import type { HoldRun } from '../../../agent/runs/hold-run.ts'
import { createIntake } from '../../../agent/runs/intake.ts'
import type { PastRun } from '../../../agent/runs/past-run.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { blank, makeHeldRun } from '../../support/held-run.ts'
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

test('a write that was given up to another attempt has its calls yet, where it is told as that one', () => {
  const past: PastRun = {
    effect: 'write',
    output: { pages: [], pageCount: 0, rowCount: 0, digest: undefined, answer: undefined },
    steps: [],
    targets: new Map(),
  }
  const run = makeHeldRun({ past })
  run.begin()

  run.abandon()

  expect(run.state).toBe('followed')
  expect(run.change()).toBe(false)
  expect(run.signal.aborted).toBe(false)
})

test('refuses other bytes under an id that the journal alone knows, and does not tell them what the first ones did', () => {
  const said: unknown[] = []
  const nothing = () => {}
  const answer = { type: 'done', outcome: 'applied' }
  const taken = { digest: 'another', effect: 'write', at: 0, isHeld: false, answer, pages: [], rowCount: 0 } as const
  const take = createIntake({
    ...{ clock: createFakeClock(), ledger: blank, held: new Map(), journal: { used: () => taken } },
    hold: () => {
      throw new Error('it is held')
    },
    past: { digestOf: () => undefined },
    say: (what) => void said.push(what),
    ...{ launch: nothing, changed: nothing, abandon: nothing, isDraining: () => false },
  })

  take(orderOf({ id: 'run-00000001', job: 'org.get', connection: 'main', params: {}, requester: 'test' }))

  expect(said).toMatchObject([{ type: 'refused', run: 'run-00000001', error: { code: 'run_conflict' } }])
})
