import { calculateJwkThumbprint } from 'jose'
import { expect, test } from 'vitest'
import { areNamedTruly, thumbprint } from '../../../agent/identity/thumbprint.ts'
import { makeSigningKey, statementOf } from '../../support/plane-peer-keys.ts'

test('is the thumbprint that jose calculates', async () => {
  const { x } = makeSigningKey()

  expect(thumbprint(x)).toBe(await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x }))
})

test('tells a statement of which one key has the name of another', () => {
  const [one, other] = [makeSigningKey(), makeSigningKey()]

  expect(areNamedTruly({ plane: 'plane-1', version: 1, keys: [one, other] })).toBe(true)
  const { plane, version } = statementOf('plane-1', 1)
  expect(areNamedTruly({ plane, version, keys: [one, { kid: one.kid, x: other.x }] })).toBe(false)
})
