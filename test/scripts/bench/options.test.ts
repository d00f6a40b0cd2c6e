import { expect, test } from 'vitest'
import { readOptions, UsageError } from '../../../scripts/bench/options.ts'

test('without flags everything is run, in short rounds', () => {
  expect(readOptions([])).toMatchObject({
    roundCount: 5,
    works: ['group', 'users'],
    contestants: ['direct', 'relay', 'strict', 'library', 'http'],
    inFlight: [1, 10, 100],
    upstreamMs: [0, 20],
    measuresService: true,
    json: undefined,
    write: false,
  })
})

test('--only names works, contestants or both, and what it does not speak of stays whole', () => {
  expect(readOptions(['--only', 'group,relay,library'])).toMatchObject({
    works: ['group'],
    contestants: ['relay', 'library'],
    measuresService: false,
  })
  expect(readOptions(['--only', 'users']).contestants).toHaveLength(5)
})

test('what does not fit is said with the flags that there are', () => {
  expect(() => readOptions(['--only', 'grup'])).toThrow(UsageError)
  expect(() => readOptions(['--rounds', '0'])).toThrow(/^--rounds: [\s\S]*--seconds S/)
  expect(() => readOptions(['--fast'])).toThrow(/'--fast'[\s\S]*--seconds S/)
})
