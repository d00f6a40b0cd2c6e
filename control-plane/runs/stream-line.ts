// What a caller who watches a run is told, line by line.

import { errorCodes, isErrorCode, outcome, type WireError } from '@sallyport/protocol'
import { z } from 'zod'
import type { Run } from './run.ts'

const faults = ['caller', 'customer', 'agent', 'plane', 'jumpcloud', 'network'] as const

export const streamError = z.object({
  code: z.string(),
  message: z.string(),
  fault: z.enum(faults),
  retry: z.boolean(),
  rule: z.string().optional().describe('the line of the policy that refused'),
})
export type StreamError = z.infer<typeof streamError>

/**
 * First comes `attempt`, and again whenever another attempt takes over: rows of the one before it are void then. Then its
 * rows; then `done` or `failed`, and nothing more. A run that ends before it was ever sent has no `attempt`.
 */
export const streamLine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('attempt'), attempt: z.int().min(1) }),
  z.object({
    type: z.literal('row'),
    seq: z.int().min(0).describe('number of the row in its attempt, from 0'),
    row: z.unknown(),
  }),
  z.object({
    type: z.literal('done'),
    state: z.literal('done'),
    rows: z.int().min(0).describe('how many the attempt had'),
    outcome: outcome.nullable().describe('of a run that writes'),
    sha256: z.string().nullable().describe('over the pages as the agent sent them'),
  }),
  z.object({
    type: z.literal('failed'),
    state: z.enum(['failed', 'refused', 'cancelled', 'expired']),
    outcome: outcome.nullable().describe('of a run that writes and got as far'),
    error: streamError,
  }),
])
export type StreamLine = z.infer<typeof streamLine>

/** A code that this version does not know is kept, and counts as not to be tried again. */
export function toStreamError({ code, message, rule }: WireError): StreamError {
  const { fault, retry } = isErrorCode(code) ? errorCodes[code] : { fault: 'agent' as const, retry: false }
  return { code, message, fault, retry, ...(rule === undefined ? {} : { rule }) }
}

/** The last line of a run; `undefined` while it is not final. */
export function finalLine(run: Run): StreamLine | undefined {
  const { state, outcome } = run
  if (state === 'done') return { type: 'done', state, rows: run.rowCount, outcome, sha256: run.sha256 }
  if (state !== 'failed' && state !== 'refused' && state !== 'cancelled' && state !== 'expired') return undefined
  return { type: 'failed', state, outcome, error: toStreamError(run.error ?? withoutError[state]) }
}

const withoutError = {
  failed: { code: 'internal_error', message: errorCodes.internal_error.meaning },
  refused: { code: 'internal_error', message: errorCodes.internal_error.meaning },
  cancelled: { code: 'cancelled', message: errorCodes.cancelled.meaning },
  expired: { code: 'run_expired', message: errorCodes.run_expired.meaning },
} as const satisfies Record<string, WireError>
