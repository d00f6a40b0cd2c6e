import fc from 'fast-check'
import { expect, test } from 'vitest'
import { outcome, worstOutcome } from '../../protocol/outcome.ts'

test('the outcome of a run is that of its most pressing row', () => {
  expect(worstOutcome(['already', 'applied'])).toBe('applied')
  expect(worstOutcome(['applied', 'not_applied'])).toBe('not_applied')
  expect(worstOutcome(['not_applied', 'unknown', 'applied'])).toBe('unknown')
  expect(worstOutcome(['already', 'already'])).toBe('already')
})

test('a run without rows has none', () => {
  expect(worstOutcome([])).toBeUndefined()
})

test('it is the outcome of some row, whatever their order', () => {
  const property = fc.property(fc.array(fc.constantFrom(...outcome.options), { minLength: 1 }), (rows) => {
    const worst = worstOutcome(rows)

    expect(rows).toContain(worst)
    expect(worstOutcome(rows.toReversed())).toBe(worst)
  })

  fc.assert(property)
})
