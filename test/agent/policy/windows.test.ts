import { describe, expect, test } from 'vitest'
import { isOpen, type PolicyWindow, policyWindows, windowText } from '../../../agent/policy/windows.ts'

const at = (time: string) => Date.parse(time)
const office: PolicyWindow = { days: ['mon', 'fri'], from: '09:00', to: '17:00', timeZone: 'Europe/Berlin' }

test.each([
  ['2026-01-05T07:59:59Z', false],
  ['2026-01-05T08:00:00Z', true],
  ['2026-01-05T15:59:59Z', true],
  ['2026-01-05T16:00:00Z', false],
  ['2026-01-06T10:00:00Z', false],
  // In summer the same office opens an hour earlier by UTC.
  ['2026-07-03T07:00:00Z', true],
  ['2026-07-03T15:00:00Z', false],
])('is open from Monday 9:00 to 17:00 in Berlin at %s: %s', (time, open) => {
  expect(isOpen(office, at(time))).toBe(open)
})

describe('a window over midnight', () => {
  const night: PolicyWindow = { days: ['fri'], from: '22:00', to: '02:00', timeZone: 'UTC' }

  test.each([
    ['2026-01-02T21:59:00Z', false],
    ['2026-01-02T22:00:00Z', true],
    ['2026-01-03T01:59:00Z', true],
    ['2026-01-03T02:00:00Z', false],
    ['2026-01-02T01:00:00Z', false],
    ['2026-01-03T23:00:00Z', false],
  ])('belongs to the day on which it begins, at %s: %s', (time, open) => {
    expect(isOpen(night, at(time))).toBe(open)
  })
})

describe('where summer time begins or ends', () => {
  const skipped: PolicyWindow = { from: '02:00', to: '03:00', timeZone: 'Europe/Berlin' }

  test('the hour that is skipped is in no window', () => {
    const hours = Array.from({ length: 96 }, (_, quarter) => at('2026-03-29T00:00:00+01:00') + quarter * 15 * 60_000)

    expect(hours.some((now) => isOpen(skipped, now))).toBe(false)
  })

  test('the hour that comes twice is in it twice', () => {
    const quarters = Array.from(
      { length: 100 },
      (_, quarter) => at('2026-10-25T00:00:00+02:00') + quarter * 15 * 60_000,
    )

    expect(quarters.filter((now) => isOpen(skipped, now))).toHaveLength(8)
  })

  test('a whole day is as long as it is', () => {
    const sunday: PolicyWindow = { days: ['sun'], from: '00:00', to: '24:00', timeZone: 'America/New_York' }
    const hours = Array.from({ length: 24 * 7 }, (_, hour) => at('2026-03-05T00:00:00Z') + hour * 60 * 60_000)

    expect(hours.filter((now) => isOpen(sunday, now))).toHaveLength(23)
  })
})

test.each([
  ['a time without minutes', { from: '9' }],
  ['24:00 as a beginning', { from: '24:00' }],
  ['an end that is the beginning', { to: '09:00' }],
  ['a fixed offset for a time zone', { timeZone: '+02:00' }],
  ['a time zone that there is not', { timeZone: 'Europe/Atlantis' }],
  ['a day that there is not', { days: ['monday'] }],
  ['no day', { days: [] }],
  ['a key that there is not', { until: '10:00' }],
])('refuses %s', (_, part) => {
  expect(policyWindows.safeParse([{ ...office, ...part }]).success).toBe(false)
})

test('is told as it was written', () => {
  expect(windowText(office)).toBe('mon,fri 09:00-17:00 Europe/Berlin')
  expect(windowText({ from: '00:00', to: '24:00', timeZone: 'UTC' })).toBe('daily 00:00-24:00 UTC')
})
