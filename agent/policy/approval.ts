// Whether a write carries the customer's word: the form of the key in the policy file, and the check of an approval.

import { createPublicKey, verify } from 'node:crypto'
import { approvalPayload } from '@sallyport/protocol/approval'
import { bytes32 } from '@sallyport/protocol/ids'
import { signedHeader, signedTypes } from '@sallyport/protocol/signed'
import { z } from 'zod'

export const approvalKey = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: bytes32.describe('the public key; there is no place for a private one here'),
})
export type ApprovalKey = z.infer<typeof approvalKey>

/** A run as it is to be approved. */
export type Approvable = {
  readonly agent: string
  readonly run: string
  /** SHA-256 of its text, in hex. */
  readonly digest: string
  readonly approval?: string | undefined
}

/** Shorter than ids of writes are kept: whoever has an approval again finds its run taken. */
const longestMs = 30 * 24 * 60 * 60 * 1000

/**
 * Why the run is not approved; undefined where it is. That an approval is good for once follows from its run: an id is taken by
 * the first bytes that come under it, the same bytes get the first outcome, and ids of writes are kept for longer than an
 * approval lasts.
 */
export function whyNotApproved(key: ApprovalKey, asked: Approvable, now: number): string | undefined {
  if (asked.approval === undefined) return 'it carries no approval'
  const [header = '', payload = '', signature = ''] = asked.approval.split('.')
  const head = parseJson(header)
  const parsed = signedHeader.safeParse(head).data
  const isCritical = typeof head === 'object' && head !== null && 'crit' in head
  if (parsed?.typ !== signedTypes.approval || isCritical) return 'what it carries is no approval'
  const signed = Buffer.from(`${header}.${payload}`)
  const publicKey = createPublicKey({ key, format: 'jwk' })
  if (!verify(null, signed, publicKey, Buffer.from(signature, 'base64url'))) {
    return 'its approval is not by the key that the policy names'
  }
  const said = approvalPayload.safeParse(parseJson(payload)).data
  if (said === undefined) return 'what its approval says is not understood'
  if (said.agent !== asked.agent) return 'its approval is for another agent'
  if (said.run !== asked.run) return 'its approval is for another run'
  if (said.digest !== asked.digest) return 'its approval is for other bytes than were sent'
  if (said.notAfter < now) return 'its approval has ended'
  return said.notAfter > now + longestMs ? 'its approval lasts longer than 30 days' : undefined
}

function parseJson(base64url: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
