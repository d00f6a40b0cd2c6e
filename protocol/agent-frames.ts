// What an agent may say to a control plane: one schema per frame, by its type.

import { z } from 'zod'
import { bytes32, plainName, runId, sha256Hex } from './ids.ts'
import { outcome } from './outcome.ts'
import { protocolRange } from './protocol-range.ts'
import { readFrame } from './read-frame.ts'
import { wireError } from './wire-error.ts'

const count = z.int().min(0)
const attempt = z.int().min(1)
const signature = z.string().regex(/^[A-Za-z0-9_-]{86}$/)

/** What a credential can do with one family of endpoints of JumpCloud. Nothing is ever written to find it out. */
export const capability = z.object({
  family: z.string().min(1).max(64),
  state: z
    .enum(['yes', 'no', 'unproven', 'unknown'])
    .describe('`unproven`: it writes, and that is never tried; `unknown`: JumpCloud did not say, and is asked again'),
  code: z.string().max(64).optional().describe('error code of what JumpCloud answered'),
  scope: z.string().max(64).optional().describe('what the role lacks, or has to have, as JumpCloud calls it'),
})
export type Capability = z.infer<typeof capability>

const credentialState = z.enum(['unproven', 'ready', 'credential_missing', 'credential_rejected'])
const ofExpiry = {
  expiresAt: z.iso.datetime().optional().describe('when the credential ends, where the customer recorded it'),
  endsWithinDays: count.optional().describe('the warning that is due: 30, 14, 7 or 1; 0 once it has ended'),
}

export const connectionState = z.object({
  name: plainName,
  state: credentialState,
  ...ofExpiry,
  alarm: z.boolean().optional().describe('a newer secret is there and is not used, because it is not good'),
  writer: z
    .object({ state: credentialState, ...ofExpiry })
    .optional()
    .describe('the credential for changes, where the connection has one of its own'),
  capabilities: z.array(capability).max(100).optional().describe('absent until JumpCloud was asked'),
})
export type ConnectionState = z.infer<typeof connectionState>

/** Whether the agent can write its journal. `lost`: it was damaged or removed, and nobody knows what its writes became. */
export const journalState = z.enum(['ok', 'full', 'read_only', 'failing', 'lost'])

/** The text inside `hello`. It is a text, so that both ends hash the same bytes. */
export const helloBody = z.object({
  agent: plainName,
  replica: z.string().min(1).max(64),
  instance: z.string().min(8).max(64).describe('drawn when the process starts'),
  counter: z.int().min(1).describe('goes up with every session of the replica'),
  version: z.string().max(64),
  protocol: protocolRange,
  nonce: bytes32.describe("the agent's"),
  jobs: z.array(z.string().max(100)).max(1000).describe('job names that the policy lets through for some connection'),
  policy: sha256Hex.nullable().describe('digest of the policy; null without one'),
  ledger: z.object({ seq: count, hash: sha256Hex }).nullable().describe('head of the ledger; null without one'),
  connections: z.array(connectionState).max(100),
  journal: journalState.optional().describe('absent where the agent keeps none'),
  journalId: z.string().min(8).max(64).optional().describe('drawn when the file of the journal was made'),
  held: z
    .array(z.object({ run: runId, attempt }))
    .max(2000)
    .describe('runs that it still works on or has answers of'),
})
export type HelloBody = z.infer<typeof helloBody>

export const agentFrames = {
  hello: z.object({
    type: z.literal('hello'),
    body: z
      .string()
      .max(512 * 1024)
      .describe('JSON text'),
    proof: signature.describe('Ed25519 signature, base64url'),
  }),
  state: z.object({
    type: z.literal('state'),
    policy: sha256Hex.nullable().optional(),
    jobs: z.array(z.string().max(100)).max(1000).optional(),
    connections: z.array(connectionState).max(100).optional(),
    journal: journalState.optional(),
    ledger: z
      .object({ seq: count, hash: sha256Hex, signature })
      .optional()
      .describe('a newer head of the ledger, signed by the replica'),
    draining: z.boolean().optional(),
  }),
  accepted: z.object({ type: z.literal('accepted'), run: runId, attempt }),
  parked: z.object({ type: z.literal('parked'), run: runId, attempt }),
  refused: z
    .object({
      type: z.literal('refused'),
      run: runId.optional(),
      attempt: attempt.optional(),
      batch: sha256Hex.optional().describe('of the JWS text, where no run of it can be believed'),
      error: wireError,
    })
    .refine(({ run, attempt, batch }) => (run !== undefined && attempt !== undefined) !== (batch !== undefined), {
      error: 'either run and attempt, or batch',
    }),
  started: z.object({
    type: z.literal('started'),
    run: runId,
    feed: plainName,
    job: z.string().max(100),
    connection: plainName,
  }),
  page: z.object({
    type: z.literal('page'),
    run: runId,
    attempt,
    seq: count,
    rows: z.array(z.unknown()).describe('the last member of the text'),
  }),
  done: z.object({
    type: z.literal('done'),
    run: runId,
    attempt,
    pages: count,
    rowCount: count,
    outcome: outcome.optional().describe('of a run that writes'),
    sha256: sha256Hex.describe('of the last page, chained over those before it'),
    rows: z.array(z.unknown()).optional().describe('the only page of a one-page answer; the last member of the text'),
  }),
  failed: z.object({ type: z.literal('failed'), run: runId, attempt, outcome: outcome.optional(), error: wireError }),
  too_late: z.object({ type: z.literal('too_late'), run: runId, attempt }),
  leaving: z.object({ type: z.literal('leaving'), runs: z.array(runId).max(2000).describe('handed back unstarted') }),
  trial: z.object({ type: z.literal('trial'), connection: plainName }),
  goodbye: z.object({ type: z.literal('goodbye') }),
} as const

export type AgentFrameType = keyof typeof agentFrames
export type AgentFrame = { [Type in AgentFrameType]: z.infer<(typeof agentFrames)[Type]> }[AgentFrameType]

export const readAgentFrame = (text: string, byteCount: number) => readFrame<AgentFrame>(agentFrames, text, byteCount)
