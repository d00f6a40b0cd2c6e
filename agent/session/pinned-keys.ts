// Checks what a control plane signed, against the keys that were pinned at enrolment.

import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import {
  type ErrorCode,
  type KeyStatement,
  keyStatement,
  SallyportError,
  type SignedType,
  signedHeader,
  signedTypes,
} from '@sallyport/protocol'
import { areNamedTruly } from '../identity/thumbprint.ts'

export type PinnedKeys = {
  /** The payload as JSON value. Throws `batch_malformed`, `batch_key_unknown` or `batch_signature_wrong`. */
  open(jws: string, type: SignedType): unknown
  /** The statement inside; undefined where it is not newer than the pinned one. Throws where it may not be believed. */
  succeed(jws: string): KeyStatement | undefined
}

export function pinKeys(statement: KeyStatement): PinnedKeys {
  const keys = new Map<string, KeyObject>(
    statement.keys.map(({ kid, x }) => [
      kid,
      createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }),
    ]),
  )

  const open = (jws: string, type: SignedType): unknown => {
    const [header = '', payload = '', signature = ''] = jws.split('.')
    const value = parseJson(header)
    const parsed = signedHeader.safeParse(value)
    // What `crit` names must be understood (RFC 7515, 4.1.11), and nothing is.
    const isCritical = typeof value === 'object' && value !== null && 'crit' in value
    if (!parsed.success || parsed.data.typ !== type || isCritical)
      throw refusal('batch_malformed', type, 'its header does not fit')
    const key = keys.get(parsed.data.kid)
    if (key === undefined) throw refusal('batch_key_unknown', type, 'its key is not one of the pinned ones')
    const signed = Buffer.from(jws.slice(0, header.length + 1 + payload.length))
    if (!verify(null, signed, key, Buffer.from(signature, 'base64url'))) {
      throw refusal('batch_signature_wrong', type, 'it is not what the key signed')
    }
    return parseJson(payload)
  }

  return {
    open,
    succeed: (jws) => {
      const next = keyStatement.safeParse(open(jws, signedTypes.keys)).data
      const believable = next !== undefined && next.plane === statement.plane && areNamedTruly(next)
      if (!believable)
        throw refusal('plane_proof_wrong', signedTypes.keys, 'it is no key statement of this control plane')
      return next.version > statement.version ? next : undefined
    },
  }
}

function refusal(code: ErrorCode, type: SignedType, why: string): SallyportError {
  return new SallyportError(code, `check a ${type} of the control plane: ${why}`)
}

function parseJson(base64url: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
