import { expect, test } from 'vitest'
import { createPace } from '../../../agent/jumpcloud/pace.ts'
import { createLeapingClock } from '../../support/leaping-clock.ts'

test('lets calls start at once as long as nobody complains', () => {
  const pace = createPace(createLeapingClock())

  pace.started()
  pace.started()

  expect(pace.waitMs()).toBeLessThanOrEqual(0)
})

test('learns from what was too fast: calls start a quarter further apart', () => {
  const clock = createLeapingClock()
  const pace = createPace(clock)
  for (let index = 0; index < 10; index += 1) {
    pace.started()
    clock.advance(100)
  }

  pace.slow()
  pace.started()

  expect(pace.waitMs()).toBeCloseTo(125)
})

test('does not take an idle hour for a pace', () => {
  const clock = createLeapingClock()
  const pace = createPace(clock)
  pace.started()
  clock.advance(3_600_000)
  pace.started()

  pace.slow()
  pace.started()

  expect(pace.waitMs()).toBeLessThan(100)
})

test('quickens until there is no pace left', () => {
  const clock = createLeapingClock()
  const pace = createPace(clock)
  pace.slow()

  for (let index = 0; index < 10; index += 1) pace.quicken()
  pace.started()

  expect(pace.waitMs()).toBeLessThanOrEqual(0)
})

test('rests for at most a minute, so that one strange answer cannot stop a host for a day', () => {
  const pace = createPace(createLeapingClock())

  pace.rest(86_400_000)

  expect(pace.waitMs()).toBe(60_000)
})
