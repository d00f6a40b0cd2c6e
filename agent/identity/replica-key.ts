// The Ed25519 key of a replica: made on its host, never sent.

import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { bytes32 } from '@sallyport/protocol/ids'
import { z } from 'zod'

/** A private key as JWK (RFC 8037), as it stands in the identity file. */
export const replicaKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: bytes32.describe('the public key'),
  d: bytes32.describe('the private key'),
})
export type ReplicaKey = z.infer<typeof replicaKey>

export function makeReplicaKey(): ReplicaKey {
  return replicaKey.parse(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }))
}

/** Signs the UTF-8 of a text; base64url. */
export function signWith(key: ReplicaKey): (text: string) => string {
  const privateKey: KeyObject = createPrivateKey({ key, format: 'jwk' })
  return (text) => sign(null, Buffer.from(text), privateKey).toString('base64url')
}
