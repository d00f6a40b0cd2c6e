import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { helloBody } from '../../protocol/agent-frames.ts'
import { planeFrames } from '../../protocol/plane-frames.ts'
import { commonVersion, sessionProofText } from '../../protocol/session-proof.ts'
import { sessionProofVectors, testKeys } from '../support/vectors.ts'

const vectors = sessionProofVectors()
const challenge = planeFrames.challenge.parse(vectors.challenge)
const { x, d } = testKeys().replica
const jwk = { kty: 'OKP', crv: 'Ed25519', x }
const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
const privateKey = createPrivateKey({ key: { ...jwk, d }, format: 'jwk' })

function textFor(bodyText: string): string {
  const body = helloBody.parse(JSON.parse(bodyText))
  return sessionProofText({
    plane: challenge.plane,
    planeNonce: challenge.nonce,
    planeProtocol: challenge.protocol,
    agentNonce: body.nonce,
    agentProtocol: body.protocol,
    helloSha256: createHash('sha256').update(bodyText).digest('hex'),
  })
}

const isProof = (bodyText: string, proof: string) =>
  verify(null, Buffer.from(textFor(bodyText)), publicKey, Buffer.from(proof, 'base64url'))

test('the text is that of the vector', () => {
  expect(textFor(vectors.body)).toBe(vectors.text)
})

test('the proof is the Ed25519 signature of the replica over it', () => {
  const made = sign(null, Buffer.from(vectors.text), privateKey).toString('base64url')

  expect(made).toBe(vectors.proof)
  expect(isProof(vectors.body, vectors.proof)).toBe(true)
})

test.each(vectors.refused)('there is no proof where $name', ({ body, proof }) => {
  expect(isProof(body, proof)).toBe(false)
})

describe('the version that both ends speak', () => {
  test.each([
    [{ min: 1, max: 1 }, { min: 1, max: 1 }, 1],
    [{ min: 1, max: 3 }, { min: 2, max: 5 }, 3],
    [{ min: 2, max: 5 }, { min: 1, max: 2 }, 2],
    [{ min: 1, max: 1 }, { min: 2, max: 2 }, undefined],
    [{ min: 3, max: 1 }, { min: 1, max: 3 }, undefined],
  ])('of %j and %j is %s', (one, other, version) => {
    expect(commonVersion(one, other)).toBe(version)
    expect(commonVersion(other, one)).toBe(version)
  })
})
