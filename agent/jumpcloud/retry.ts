// Which failed calls are sent again, how often and when; as data. It decides and computes; it neither waits nor sends.

import type { Effect } from '@sallyport/protocol/job-contract'
import type { Random } from '../ports/random.ts'
import type { CallError } from './call-error.ts'

/** `unsent`: no byte left. `broken`: the connection ended before the whole answer. */
type Failure = '429' | '500' | '502' | '503' | '504' | 'unsent' | 'broken' | 'timeout'

/**
 * How often a call is sent at most, by what it came to. What is not here is not sent again: 400 to 404 and 409 would
 * answer the same, 401 and 302 must stop at once, and a write that may have been read could be done twice.
 */
export const attemptLimits: Readonly<Record<Effect, Readonly<Partial<Record<Failure, number>>>>> = {
  read: { 429: 6, 500: 2, 502: 5, 503: 5, 504: 5, unsent: 5, broken: 5, timeout: 2 },
  // 429 means that JumpCloud did not process it (JumpCloud reference 4 [C]).
  write: { 429: 6, unsent: 5 },
}

const seconds = 1000
const firstBackoffMs = 0.5 * seconds
const longestBackoffMs = 30 * seconds
/** Where JumpCloud asks for a longer wait, the call fails instead. */
const longestRetryAfterMs = 60 * seconds

type Failed = { readonly effect: Effect; readonly attempt: number; readonly random: Random }

export type RetryWait = (error: CallError, call: Failed) => number | undefined

/** The same for whoever waits before a terminal: where no connection was made, the first try says why, and is the last. */
export const retryWaitForPersonMs: RetryWait = (error, call) =>
  error.sent === 'no' && error.status === undefined ? undefined : retryWaitMs(error, call)

/**
 * How long to wait, in milliseconds, before the call that just failed is sent again; `undefined` where it must not be.
 * JumpCloud's `Retry-After` is obeyed as it is; otherwise exponential with full jitter, 0.5 s doubling to 30 s.
 */
export function retryWaitMs(error: CallError, call: Failed): number | undefined {
  const limit = limitFor(error, call.effect)
  if (limit === undefined || call.attempt >= limit) return undefined
  if (error.retryAfterMs !== undefined)
    return error.retryAfterMs <= longestRetryAfterMs ? error.retryAfterMs : undefined
  return call.random.fraction() * Math.min(longestBackoffMs, firstBackoffMs * 2 ** (call.attempt - 1))
}

function limitFor(error: CallError, effect: Effect): number | undefined {
  const limits: Readonly<Record<string, number | undefined>> = attemptLimits[effect]
  if (error.status !== undefined && error.status >= 300) return limits[String(error.status)]
  if (error.code !== 'jumpcloud_unreachable' && error.code !== 'jumpcloud_timeout') return undefined
  if (error.sent === 'no') return limits.unsent
  return error.code === 'jumpcloud_timeout' ? limits.timeout : limits.broken
}

/** Reads `Retry-After`, in seconds or as an HTTP date (RFC 9110 10.2.3); `undefined` where it is neither. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  const text = header.trim()
  if (/^\d{1,9}$/.test(text)) return Number(text) * seconds
  // `Date.parse` takes much that is not an HTTP date, such as a bare number; a date begins with the name of its day.
  const at = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}
