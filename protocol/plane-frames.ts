// What a control plane may say to an agent: one schema per frame, by its type.

import { z } from 'zod'
import { bytes32, runId } from './ids.ts'
import { protocolRange } from './protocol-range.ts'
import { readFrame } from './read-frame.ts'

const attempt = z.int().min(1)
const jws = z
  .string()
  .max(1024 * 1024)
  .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}$/, 'expected a compact JWS by Ed25519')

export const planeFrames = {
  challenge: z.object({
    type: z.literal('challenge'),
    plane: z.string().min(1).max(64),
    nonce: bytes32.describe("the plane's"),
    time: z.int().describe('wall clock of the plane, in milliseconds since 1970; for showing skew alone'),
    protocol: protocolRange,
  }),
  welcome: z.object({ type: z.literal('welcome'), jws }),
  run: z.object({ type: z.literal('run'), jws: jws.describe('a signed batch of one or more runs') }),
  credit: z.object({
    type: z.literal('credit'),
    run: runId.optional().describe('without it, of the session'),
    bytes: z.int().min(0).describe('total of this session so far, counted from its start'),
  }),
  ack: z.object({
    type: z.literal('ack'),
    run: runId,
    attempt,
    seq: z
      .union([z.int().min(0), z.literal('final')])
      .describe('stored up to and with this page; `final` for the answer'),
  }),
  cancel: z.object({ type: z.literal('cancel'), run: runId }),
  leave: z.object({
    type: z.literal('leave'),
    reason: z.enum(['move', 'drain']),
    backMs: z.int().min(0).describe('come back after this long'),
  }),
  lead: z.object({ type: z.literal('lead'), jws: jws.describe('who runs the feeds from now on') }),
  keys: z.object({ type: z.literal('keys'), jws: jws.describe('a new key statement, signed by a pinned key') }),
} as const

export type PlaneFrameType = keyof typeof planeFrames
export type PlaneFrame = { [Type in PlaneFrameType]: z.infer<(typeof planeFrames)[Type]> }[PlaneFrameType]

export const readPlaneFrame = (text: string, byteCount: number) => readFrame<PlaneFrame>(planeFrames, text, byteCount)
