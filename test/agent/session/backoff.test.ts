import { closeCodes, type ErrorCode, SallyportError, times } from '@sallyport/protocol'
import { assert, double, property } from 'fast-check'
import { expect, test } from 'vitest'
import { createBackoff, retryAfterClose, retryAfterError } from '../../../agent/session/backoff.ts'

const cut = { retry: retryAfterClose(undefined), lastedMs: 0 }
const always = (fraction: number) => createBackoff({ fraction: () => fraction, bytes: () => Buffer.alloc(0) })

test('waits up to 1 s at first, twice as long after each failure, and never over 60 s', () => {
  const backoff = always(1)

  const waits = Array.from({ length: 9 }, () => backoff.next(cut))

  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
})

test('draws each wait from all of its range, so that agents do not come back together', () => {
  assert(
    property(double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (fraction) => {
      const backoff = always(fraction)
      backoff.next(cut)
      expect(backoff.next(cut)).toBe(Math.round(fraction * 2000))
    }),
  )
})

test('begins anew only after a session that lasted', () => {
  const backoff = always(1)
  for (let failures = 0; failures < 4; failures += 1) backoff.next(cut)

  expect(backoff.next({ retry: 'soon', lastedMs: times.lastedMs - 1 })).toBe(16_000)
  expect(backoff.next({ retry: 'soon', lastedMs: times.lastedMs })).toBe(1000)
})

test('adds what the plane asked for, but is never sent away for longer than a fatal code does', () => {
  const backoff = always(0)

  expect(backoff.next({ ...cut, backMs: 5000 })).toBe(5000)
  expect(backoff.next({ ...cut, backMs: 2 ** 52 })).toBe(times.fatalRetryMs)
})

const rows = Object.entries(closeCodes).map(([reason, { retry }]) => ({ reason, retry }))

test.each(rows)('comes back $retry after $reason', ({ reason, retry }) => {
  const backoff = always(0.5)

  const said = retryAfterClose(reason as keyof typeof closeCodes) // a key of the table
  const waitMs = backoff.next({ retry: said, lastedMs: 0 })

  expect(waitMs).toBe(retry === 'later' ? times.fatalRetryMs : 500)
})

const failures: readonly (readonly [ErrorCode, 'soon' | 'later'])[] = [
  ['identity_missing', 'later'],
  ['identity_invalid', 'later'],
  ['plane_unreachable', 'soon'],
  ['plane_answer_unexpected', 'soon'],
]

test.each(failures)('after %s comes back %s', (code, retry) => {
  expect(retryAfterError(new SallyportError(code, 'open a session: no'))).toBe(retry)
})

test.each([
  { code: 'ENOSPC', retry: 'soon' },
  { code: 'EDQUOT', retry: 'soon' },
  { code: 'EROFS', retry: 'soon' },
  { code: 'EIO', retry: 'soon' },
  { code: 'EACCES', retry: 'later' },
  { code: 'ENOENT', retry: 'later' },
])('after an identity file that could not be written ($code) comes back $retry', ({ code, retry }) => {
  const cause = Object.assign(new Error(`${code}: write`), { code })

  expect(retryAfterError(new SallyportError('identity_invalid', 'write identity.json: no', { cause }))).toBe(retry)
})

test('comes back soon after a defect', () => {
  expect(retryAfterError(new TypeError('x is not iterable'))).toBe('soon')
})
