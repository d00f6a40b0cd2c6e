// A run as the HTTP interface shows it.

import { z } from '@hono/zod-openapi'
import { outcome, plainName, runId, runText } from '@sallyport/protocol'
import type { Run } from '../runs/run.ts'
import { streamError, toStreamError } from '../runs/stream-line.ts'
import { instant, maybeInstant, toInstant } from './instant.ts'

export const runStates = [
  'queued',
  'sent',
  'accepted',
  'parked',
  'done',
  'failed',
  'refused',
  'cancelled',
  'expired',
] as const satisfies readonly Run['state'][]

export const runAnswer = z
  .object({
    id: runId,
    agent: plainName,
    job: z.string(),
    connection: plainName,
    effect: z.enum(['read', 'write']),
    params: z.unknown().describe('with the defaults of the job'),
    requester: z.string(),
    state: z.enum(runStates),
    attempt: z.int().min(0).describe('0 before it was first sent'),
    replica: z.string().nullable().describe('the one that has the attempt'),
    doubtful: z.boolean().describe('a write that was taken over: an attempt before may have done it'),
    createdAt: instant,
    expiresAt: instant.describe('not started by then, it expires'),
    finishedAt: instant.nullable(),
    cancelAskedAt: instant.nullable(),
    cancelTooLate: z.boolean().describe('the cancel came after a write was sent; see `outcome`'),
    outcome: outcome.nullable().describe('of a run that writes'),
    error: streamError.nullable(),
    pageCount: z.int().min(0),
    rowCount: z.int().min(0),
    sha256: z.string().nullable().describe('over the pages as the agent sent them'),
  })
  .openapi('Run')
export type RunAnswer = z.infer<typeof runAnswer>

export function toRunAnswer(run: Run): RunAnswer {
  const { text, idempotencyKey, journal, ...shown } = run
  return {
    ...shown,
    params: runText.parse(JSON.parse(text)).params,
    createdAt: toInstant(run.createdAt),
    expiresAt: toInstant(run.expiresAt),
    finishedAt: maybeInstant(run.finishedAt),
    cancelAskedAt: maybeInstant(run.cancelAskedAt),
    error: run.error === null ? null : toStreamError(run.error),
  }
}
