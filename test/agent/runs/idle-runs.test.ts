import { expect, test } from 'vitest'
import { createIdleRuns } from '../../../agent/runs/idle-runs.ts'
import type { PastRun } from '../../../agent/runs/past-run.ts'
import { makeHeldRun } from '../../support/held-run.ts'

const begun: PastRun = {
  effect: 'read',
  output: { pages: [], pageCount: 2, rowCount: 200, digest: 'a'.repeat(64), answer: undefined },
  steps: [],
  targets: new Map(),
}

test('a run that waits for its turn is idle', () => {
  expect(createIdleRuns().isIdle(makeHeldRun())).toBe(true)
})

test('a read that an earlier process began is not given up although it waits for its turn: it is left to the next one', () => {
  const run = makeHeldRun({ past: begun })

  expect(createIdleRuns().isIdle(run)).toBe(false)
  run.suspend()

  expect(run.isSuspended).toBe(true)
})
