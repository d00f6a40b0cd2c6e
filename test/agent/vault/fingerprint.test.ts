import { expect, test } from 'vitest'
import { fingerprintOf, isSameSecret } from '../../../agent/vault/fingerprint.ts'
import { Secret } from '../../../agent/vault/secret.ts'

const [key, otherKey] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]

test('is the same for the same secret under the same key, and holds no part of it', () => {
  const secret = new Secret('abcdef0123456789')

  expect(fingerprintOf(secret, key)).toMatch(/^[0-9a-f]{12}$/)
  expect(fingerprintOf(new Secret('abcdef0123456789'), key)).toBe(fingerprintOf(secret, key))
  expect(fingerprintOf(secret, otherKey)).not.toBe(fingerprintOf(secret, key))
  expect('abcdef0123456789').not.toContain(fingerprintOf(secret, key).slice(0, 6))
})

test('tells secrets apart', () => {
  expect(isSameSecret(new Secret('a'), new Secret('a'))).toBe(true)
  expect(isSameSecret(new Secret('a'), new Secret('b'))).toBe(false)
  expect(isSameSecret(new Secret('a'), new Secret('ab'))).toBe(false)
})
