import { expect, test } from 'vitest'
import { inDoubt, unknownAfter } from '../../../control-plane/runs/doubt.ts'

const error = { code: 'run_expired', message: 'start the run: it came too late.' }

test.for(['cancel', 'cancelQueued', 'refuse', 'outlive'] as const)('%s would promise that nothing was done', (name) => {
  const ending = inDoubt({ name, change: { error } })

  expect(ending).toMatchObject({ name: 'fail', change: { outcome: 'unknown', error: { code: 'outcome_unknown' } } })
  expect(ending.change.error?.message).toContain('run_expired: start the run: it came too late.')
})

test.for(['finish', 'fail'] as const)('%s keeps an outcome that was read back, and no other', (name) => {
  const outcomes = ['applied', 'already', 'not_applied', 'unknown', null] as const

  const kept = outcomes.map((outcome) => inDoubt({ name, change: { outcome } }))

  expect(kept.map(({ change }) => change.outcome)).toEqual(['applied', 'already', 'unknown', 'unknown', 'unknown'])
  expect(kept.every((ending) => ending.name === name)).toBe(true)
})

test.for(['send', 'accept', 'giveBack', 'takeOver'] as const)('%s is no end', (name) => {
  expect(inDoubt({ name, change: { attempt: 2 } })).toEqual({ name, change: { attempt: 2 } })
})

test('the message fits in a frame however long the last one was', () => {
  expect(unknownAfter({ code: 'x', message: 'm'.repeat(2000) }).message).toHaveLength(2000)
})
