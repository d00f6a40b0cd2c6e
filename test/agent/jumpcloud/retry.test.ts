import type { ErrorCode } from '@sallyport/protocol/error-codes'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Sent } from '../../../agent/egress/exchange.ts'
import { CallError } from '../../../agent/jumpcloud/call-error.ts'
import { retryAfterMs, retryWaitForPersonMs, retryWaitMs } from '../../../agent/jumpcloud/retry.ts'
import { systemRandom } from '../../../agent/ports/random.ts'

const almostOne = { ...systemRandom, fraction: () => 0.999 }

const answered = (status: number, waitMs?: number) =>
  new CallError('jumpcloud_unavailable', 'an answer', { sent: 'maybe', status, retryAfterMs: waitMs })
const unanswered = (code: ErrorCode, sent: Sent) => new CallError(code, 'no answer', { sent })

const attemptsOf = (error: CallError, effect: 'read' | 'write'): number => {
  for (let attempt = 1; ; attempt += 1) {
    if (retryWaitMs(error, { effect, attempt, random: almostOne }) === undefined) return attempt
  }
}

describe('how often a call is sent', () => {
  test.for([
    ['read', 429, 6],
    ['read', 500, 2],
    ['read', 502, 5],
    ['read', 503, 5],
    ['read', 504, 5],
    ['read', 302, 1],
    ['read', 400, 1],
    ['read', 401, 1],
    ['read', 402, 1],
    ['read', 403, 1],
    ['read', 404, 1],
    ['read', 409, 1],
    ['write', 429, 6],
    ['write', 500, 1],
    ['write', 502, 1],
    ['write', 503, 1],
    ['write', 504, 1],
    ['write', 401, 1],
    ['write', 409, 1],
  ] as const)('a %s that is answered with %i: %i times', ([effect, status, attempts]) => {
    expect(attemptsOf(answered(status), effect)).toBe(attempts)
  })

  test.for([
    ['read', 'jumpcloud_unreachable', 'no', 5],
    ['read', 'jumpcloud_unreachable', 'maybe', 5],
    ['read', 'jumpcloud_timeout', 'maybe', 2],
    ['read', 'response_unexpected', 'maybe', 1],
    ['read', 'response_too_large', 'maybe', 1],
    ['write', 'jumpcloud_unreachable', 'no', 5],
    ['write', 'jumpcloud_unreachable', 'maybe', 1],
    ['write', 'jumpcloud_timeout', 'maybe', 1],
  ] as const)('a %s that ended with %s, sent: %s: %i times', ([effect, code, sent, attempts]) => {
    expect(attemptsOf(unanswered(code, sent), effect)).toBe(attempts)
  })
})

describe('how long it waits', () => {
  test('doubles from half a second, and draws from the whole of it', () => {
    const waits = [1, 2, 3, 4].map((attempt) =>
      retryWaitMs(answered(503), { effect: 'read', attempt, random: almostOne }),
    )

    expect(waits).toEqual([499.5, 999, 1998, 3996])
  })

  test('never more than half a minute by itself', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.constantFrom(429, 502, 503, 504), (attempt, status) => {
        const waitMs = retryWaitMs(answered(status), { effect: 'read', attempt, random: systemRandom })
        return waitMs === undefined || (waitMs >= 0 && waitMs <= 30_000)
      }),
    )
  })

  test('obeys Retry-After to the millisecond', () => {
    expect(retryWaitMs(answered(429, 7000), { effect: 'read', attempt: 1, random: almostOne })).toBe(7000)
  })

  test('gives up where JumpCloud asks for more than a minute', () => {
    expect(retryWaitMs(answered(429, 61_000), { effect: 'read', attempt: 1, random: almostOne })).toBeUndefined()
  })
})

describe('Retry-After', () => {
  const now = Date.parse('2026-03-04T05:06:07Z')

  test.for([
    ['0', 0],
    ['120', 120_000],
    [' 3 ', 3000],
    ['Wed, 04 Mar 2026 05:06:17 GMT', 10_000],
    ['Wed, 04 Mar 2026 05:00:00 GMT', 0],
  ] as const)('is understood as %j', ([header, waitMs]) => {
    expect(retryAfterMs(header, now)).toBe(waitMs)
  })

  test.for([undefined, '', 'soon', '-1', '1.5', '1e9', '99999999999999999999', 'Wed, nonsense'])(
    '%j is no wait at all',
    (header) => {
      expect(retryAfterMs(header, now)).toBeUndefined()
    },
  )
})

test('where a person waits, what came to no connection is not tried again, and all else is as ever', () => {
  const call = { effect: 'read', attempt: 1, random: almostOne } as const

  expect(retryWaitForPersonMs(unanswered('jumpcloud_unreachable', 'no'), call)).toBeUndefined()
  for (const error of [unanswered('jumpcloud_unreachable', 'maybe'), answered(429), answered(404)])
    expect(retryWaitForPersonMs(error, call)).toBe(retryWaitMs(error, call))
})
