// What a control plane signs: the payloads of its compact JWS (RFC 7515, EdDSA of RFC 8037), and the header that tells them apart.

import { z } from 'zod'
import { approval } from './approval.ts'
import { bytes32, plainName, runId } from './ids.ts'
import { limits } from './limits.ts'

/** `typ` of the header, one for each payload, so that a signature for one purpose is none for another. */
export const signedTypes = {
  welcome: 'sallyport-welcome',
  batch: 'sallyport-batch',
  keys: 'sallyport-keys',
  lead: 'sallyport-lead',
  approval: 'sallyport-approval',
} as const
export type SignedType = (typeof signedTypes)[keyof typeof signedTypes]

export const signedHeader = z.object({
  alg: z.literal('EdDSA'),
  typ: z.string().max(64),
  kid: bytes32.describe('JWK thumbprint of the key (RFC 7638)'),
})

/** Whom a payload is meant for. `nonce` is the agent's of this session: made for another, it is refused. */
const addressed = {
  plane: z.string().min(1).max(64),
  agent: plainName,
  replica: z.string().min(1).max(64),
  nonce: bytes32,
}

export const welcomePayload = z.object({
  ...addressed,
  session: z.string().min(1).max(64),
  protocol: z.int().min(1).describe('the version that both speak'),
  held: z
    .array(z.object({ run: runId, attempt: z.int().min(1), keep: z.boolean(), next: z.int().min(0) }))
    .max(2000)
    .describe('of each held run: keep or abandon, and the number of the first page that is not stored'),
  lead: z.boolean().describe('this replica runs the feeds'),
  epoch: z.int().min(0).describe('goes up whenever the lead changes'),
  limits: z.object({ sessionCreditBytes: z.int().min(0), runCreditBytes: z.int().min(0) }),
})
export type WelcomePayload = z.infer<typeof welcomePayload>

export const batchPayload = z.object({
  ...addressed,
  sentAfterMs: z
    .int()
    .min(0)
    .describe('from `challenge` to this signature, by a clock of the plane that only goes forward'),
  runs: z
    .array(
      z.object({
        run: z.string().max(limits.runBytes).describe('JSON text of the run; its SHA-256 is its identity'),
        attempt: z.int().min(1),
        ttlMs: z.int().min(0).describe('counted from receipt, less the age of the batch'),
        doubtful: z
          .boolean()
          .optional()
          .describe('a write that was taken over: another replica may have done it already, or some of it'),
        approval: approval.optional().describe("the customer's word for a write, where their policy asks for it"),
      }),
    )
    .min(1)
    .max(limits.batchRunsCount),
})
export type BatchPayload = z.infer<typeof batchPayload>

/** The lead changed hands while the session is open. */
export const leadPayload = z.object({
  ...addressed,
  lead: z.boolean().describe('this replica runs the feeds from now on, or no longer'),
  epoch: z.int().min(0).describe('goes up whenever the lead changes; a lower one than was said before is ignored'),
})
export type LeadPayload = z.infer<typeof leadPayload>

/** The text inside a batch: made once, stored, and sent again unchanged. */
export const runText = z.object({
  id: runId,
  job: z.string().max(100),
  connection: plainName,
  params: z.unknown(),
  requester: z.string().max(200).describe('who asked, as the control plane knows them'),
})
export type RunText = z.infer<typeof runText>

export const keyStatement = z.object({
  plane: z.string().min(1).max(64),
  version: z.int().min(1).describe('a statement counts only with a higher version than the pinned one'),
  keys: z
    .array(z.object({ kid: bytes32, x: bytes32.describe('the public key') }))
    .min(1)
    .max(8),
})
export type KeyStatement = z.infer<typeof keyStatement>
