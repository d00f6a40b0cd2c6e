import { createPublicKey, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeReplicaKey, signWith } from '../../../agent/identity/replica-key.ts'
import { sessionProofVectors, testKeys } from '../../support/vectors.ts'

test('signs a session as the vectors do', () => {
  const { x, d } = testKeys().replica
  const { text, proof } = sessionProofVectors()

  expect(signWith({ kty: 'OKP', crv: 'Ed25519', x, d })(text)).toBe(proof)
})

test('makes another key each time, whose public part verifies what it signs', () => {
  const key = makeReplicaKey()

  const signature = signWith(key)('grüezi')

  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key.x }, format: 'jwk' })
  expect(verify(null, Buffer.from('grüezi'), publicKey, Buffer.from(signature, 'base64url'))).toBe(true)
  expect(makeReplicaKey().d).not.toBe(key.d)
})
