// The word of the customer for one write: a JWS by a key that the customer holds, over the bytes that are to be run.

import { z } from 'zod'
import { plainName, runId, sha256Hex } from './ids.ts'
import type { RunText } from './signed.ts'

/** The compact JWS as it travels beside its run. */
export const approval = z
  .string()
  .max(2048)
  .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}$/, 'expected a compact JWS by Ed25519')

export const approvalPayload = z.object({
  agent: plainName,
  run: runId.describe('the id of the run; it is taken once, and with it the approval'),
  digest: sha256Hex.describe('of the text of the run'),
  notAfter: z.int().min(0).describe('wall clock, in milliseconds since 1970; at most 30 days ahead'),
})
export type ApprovalPayload = z.infer<typeof approvalPayload>

/** The text of a run, whoever writes it: the same members give the same bytes. `params` are as the contract of the job parsed them. */
export function writeRunText({ id, job, connection, params, requester }: RunText): string {
  return JSON.stringify({ id, job, connection, params, requester })
}
