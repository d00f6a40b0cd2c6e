import fc from 'fast-check'
import { expect, test } from 'vitest'
import { median, percentile, sum } from '../../../scripts/bench/statistics.ts'

const values = fc.array(fc.double({ noNaN: true, min: 0, max: 1e6 }), { minLength: 1 })

test('a percentile is the smallest value that the share does not exceed', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)

  expect([0.5, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([50, 99, 100])
  expect(percentile([7], 0.99)).toBe(7)
})

test('a percentile is one of the values, and at least its share of them is not above it', () => {
  fc.assert(
    fc.property(values, fc.double({ noNaN: true, min: 0.01, max: 1 }), (all, share) => {
      const found = percentile(all, share)

      expect(all).toContain(found)
      expect(all.filter((value) => value <= found).length).toBeGreaterThanOrEqual(share * all.length - 1e-9)
    }),
  )
})

test('a median does not look at the order, and lies between the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 3, 2])).toBe(2.5)
})

test('of nothing there is no percentile and no median, and the sum is 0', () => {
  expect([percentile([], 0.5), median([]), sum([])]).toEqual([Number.NaN, Number.NaN, 0])
})
