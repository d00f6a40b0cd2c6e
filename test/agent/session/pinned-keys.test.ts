import { SallyportError, signedTypes } from '@sallyport/protocol'
import { CompactSign, compactVerify, importJWK } from 'jose'
import { expect, test } from 'vitest'
import { pinKeys } from '../../../agent/session/pinned-keys.ts'
import { makeSigningKey, signingKey, statementOf } from '../../support/plane-peer-keys.ts'
import { keyStatementVectors, testKeys } from '../../support/vectors.ts'

const vectors = keyStatementVectors()
const vectorKey = signingKey(testKeys().plane)

function codeOf(action: () => unknown): string | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return error instanceof SallyportError ? error.code : String(error)
  }
}

test.each(vectors.cases)('key statement of the vectors: $name', ({ jws, pins, close }) => {
  const keys = pinKeys(statementOf(vectors.plane, 1, vectorKey))

  if (close !== undefined) expect(codeOf(() => keys.succeed(jws))).toBeDefined()
  else expect(keys.succeed(jws)).toEqual(pins)
})

test('opens what jose signed by a pinned key', async () => {
  const { x, d, kid } = testKeys().plane
  const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x, d }, 'EdDSA')
  const jws = await new CompactSign(new TextEncoder().encode('{"a":1}'))
    .setProtectedHeader({ alg: 'EdDSA', typ: signedTypes.batch, kid })
    .sign(key)

  expect(pinKeys(statementOf('plane-1', 1, vectorKey)).open(jws, signedTypes.batch)).toEqual({ a: 1 })
})

test('refuses a header that asks to understand something', async () => {
  const { x, d, kid } = testKeys().plane
  const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x, d }, 'EdDSA')
  const jws = await new CompactSign(new TextEncoder().encode('{"a":1}'))
    .setProtectedHeader({ alg: 'EdDSA', typ: signedTypes.batch, kid, crit: ['exp'], exp: 1 })
    .sign(key, { crit: { exp: true } })

  expect(codeOf(() => pinKeys(statementOf('plane-1', 1, vectorKey)).open(jws, signedTypes.batch))).toBe(
    'batch_malformed',
  )
})

test('takes the form that jose verifies', async () => {
  const key = makeSigningKey()
  const jws = key.sign(signedTypes.batch, { a: 1 })
  const publicKey = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: key.x }, 'EdDSA')

  const { payload, protectedHeader } = await compactVerify(jws, publicKey)

  expect(new TextDecoder().decode(payload)).toBe('{"a":1}')
  expect(protectedHeader).toMatchObject({ alg: 'EdDSA', typ: 'sallyport-batch', kid: key.kid })
  expect(pinKeys(statementOf('plane-1', 1, key)).open(jws, signedTypes.batch)).toEqual({ a: 1 })
})

test('believes any of several pinned keys, and each for its own signatures alone', () => {
  const [one, other] = [makeSigningKey(), makeSigningKey()]
  const keys = pinKeys(statementOf('plane-1', 1, one, other))

  expect(keys.open(other.sign(signedTypes.batch, {}), signedTypes.batch)).toEqual({})
  const borrowed = other.sign(signedTypes.batch, {}, { kid: one.kid })
  expect(codeOf(() => keys.open(borrowed, signedTypes.batch))).toBe('batch_signature_wrong')
})
