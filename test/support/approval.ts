// The word of a customer for one run, made by another library than the agent's.

import { createHash } from 'node:crypto'
import { CompactSign, exportJWK, generateKeyPair } from 'jose'

export async function makeApprover() {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const { x = '' } = await exportJWK(publicKey)
  const header = { alg: 'EdDSA', typ: 'sallyport-approval', kid: 'k'.repeat(43) }
  const approve = (payload: object, part: object = {}) =>
    new CompactSign(Buffer.from(JSON.stringify(payload))).setProtectedHeader({ ...header, ...part }).sign(privateKey)
  return { key: { kty: 'OKP', crv: 'Ed25519', x } as const, jwk: await exportJWK(privateKey), approve }
}

/** What is signed for a run of this text. */
export function approvalFor(run: string, text: string, notAfter: number) {
  return { agent: 'acme', run, digest: createHash('sha256').update(text).digest('hex'), notAfter }
}
