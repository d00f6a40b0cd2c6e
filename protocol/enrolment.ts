// Enrolment: the one-time code, the two messages, and the texts that each end proves with the secret, which is never sent.

import { z } from 'zod'
import { bytes32, plainName } from './ids.ts'
import { SallyportError } from './sallyport-error.ts'

const codeForm = /^spc1\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$/

/** `fingerprint` is the JWK thumbprint (RFC 7638) of the key that the plane signs with. */
export type EnrolmentCode = { readonly id: string; readonly secret: string; readonly fingerprint: string }

export function formatEnrolmentCode({ id, secret, fingerprint }: EnrolmentCode): string {
  return `spc1.${id}.${secret}.${fingerprint}`
}

/** Throws `code_malformed`, which does not repeat the text: it may hold the secret. */
export function parseEnrolmentCode(text: string): EnrolmentCode {
  const [, id, secret, fingerprint] = codeForm.exec(text.trim()) ?? []
  if (id === undefined || secret === undefined || fingerprint === undefined) {
    throw new SallyportError(
      'code_malformed',
      `read the enrolment code: expected spc1.ID.SECRET.FINGERPRINT, got ${text.trim().length} characters in another form. Copy the whole line that "sallyport-control code create" printed.`,
    )
  }
  return { id, secret, fingerprint }
}

export const enrolmentRequest = z.object({
  code: z
    .string()
    .regex(/^[A-Za-z0-9_-]{16}$/)
    .describe('the id of the code'),
  nonce: bytes32,
  publicKey: bytes32.describe('of the key that the agent made on its host'),
  version: z.string().max(64),
  knows: bytes32.describe('MAC: the agent knows the secret of this code'),
  proof: bytes32.describe('MAC: and this is its key'),
})
export type EnrolmentRequest = z.infer<typeof enrolmentRequest>

export const enrolmentAnswer = z.object({
  plane: z.string().min(1).max(64),
  agent: plainName,
  replica: z.string().min(1).max(64),
  nonce: bytes32,
  keys: z.string().max(8192).describe('JSON text of the key statement to pin'),
  proof: bytes32.describe('MAC: the answer is by who made the code'),
})
export type EnrolmentAnswer = z.infer<typeof enrolmentAnswer>

const lines = (...parts: readonly string[]) => parts.join('\n')

/** MAC this with the secret for `knows`: a wrong code and a swapped key can then be told apart. */
export function knowsText(code: EnrolmentCode, nonce: string): string {
  return lines('sallyport enrolment v1 knows', code.id, nonce)
}

type AgentSide = { readonly code: EnrolmentCode; readonly nonce: string; readonly publicKey: string }

/** MAC this for the request's `proof`: it holds the agent's key, and the plane's by its fingerprint. */
export function agentProofText({ code, nonce, publicKey }: AgentSide): string {
  return lines('sallyport enrolment v1 agent', code.id, nonce, publicKey, code.fingerprint)
}

/** MAC this for the answer's `proof`: all of the request, and all of the answer. */
export function planeProofText({ code, nonce, publicKey }: AgentSide, answer: Omit<EnrolmentAnswer, 'proof'>): string {
  return lines(
    'sallyport enrolment v1 plane',
    code.id,
    nonce,
    publicKey,
    code.fingerprint,
    answer.nonce,
    answer.plane,
    answer.agent,
    answer.replica,
    answer.keys,
  )
}
