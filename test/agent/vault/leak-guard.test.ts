import { assert, constantFrom, property, string, uint8Array } from 'fast-check'
import { expect, test } from 'vitest'
import { createLeakGuard } from '../../../agent/vault/leak-guard.ts'
import { Secret } from '../../../agent/vault/secret.ts'

const key = '3f8a0c5d7e9b1a2c4d6f8091b2c3d4e5f6a7b8c9'
const printable = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index))
const anySecret = string({ unit: constantFrom(...printable), minLength: 16, maxLength: 80 })
const anyText = string({ unit: 'grapheme', maxLength: 40 })

function guardOf(text: string) {
  const guard = createLeakGuard()
  guard.protect(new Secret(text), 'main')
  return guard
}

const encoders: ReadonlyArray<readonly [string, (text: string) => string]> = [
  ['raw', (text) => text],
  ['json', (text) => JSON.stringify({ echoed: text })],
  ['json', (text) => JSON.stringify({ body: JSON.stringify({ echoed: text }) })],
  ['uri', encodeURIComponent],
  ['uri', encodeURI],
  ['uri', (text) => new URLSearchParams({ q: text }).toString()],
  ['hex', (text) => Buffer.from(text).toString('hex')],
  ['hex', (text) => Buffer.from(text).toString('hex').toUpperCase()],
  ['base64', (text) => Buffer.from(text).toString('base64')],
  ['base64url', (text) => Buffer.from(text).toString('base64url')],
]

test.each(encoders)('finds every secret as %s, wherever it stands in a longer text (%#)', (_, encode) => {
  assert(
    property(anySecret, anyText, anyText, (secret, before, after) => {
      const text = encode(before.toWellFormed() + secret + after.toWellFormed())

      expect(guardOf(secret).contains(text, 'frame')).toMatchObject({ name: 'main' })
    }),
  )
})

test('says by which encoding it was found, and nothing of the text', () => {
  const secret = '"key"\\with/every~~~???~~~???~~~'
  const guard = guardOf(secret)

  const found = encoders.map(([, encode]) => guard.contains(`>>${encode(`..${secret}..`)}<<`, 'frame'))

  expect(found).toEqual(encoders.map(([encoding]) => ({ name: 'main', encoding })))
})

test('tells base64url from base64 by the two characters in which they differ', () => {
  const guard = guardOf('~~~???~~~???~~~???')

  expect(guard.contains(Buffer.from('~~~???~~~???~~~???').toString('base64'), 'frame')?.encoding).toBe('base64')
  expect(guard.contains(Buffer.from('~~~???~~~???~~~???').toString('base64url'), 'frame')?.encoding).toBe('base64url')
})

test('finds nothing in texts that do not hold the secret', () => {
  const guard = guardOf(key)
  assert(
    property(uint8Array({ maxLength: 4000 }), (bytes) => {
      const buffer = Buffer.from(bytes)

      for (const encoding of ['latin1', 'hex', 'base64', 'base64url'] as const) {
        expect(guard.contains(buffer.toString(encoding), 'log')).toBeUndefined()
      }
    }),
  )
})

test('finds nothing in all but one character of the secret', () => {
  expect(guardOf(key).contains(key.slice(1), 'frame')).toBeUndefined()
  expect(guardOf(key).contains(Buffer.from(key.slice(1)).toString('base64'), 'frame')).toBeUndefined()
})

test('looks for a secret under 16 characters in logs alone', () => {
  const guard = guardOf('tiny-secret')

  expect(guard.contains('a tiny-secret here', 'frame')).toBeUndefined()
  expect(guard.contains('a tiny-secret here', 'log')).toEqual({ name: 'main', encoding: 'raw' })
})

test('knows the old and the new secret during a swap, and the new one after it', () => {
  const guard = createLeakGuard()
  const [old, fresh] = [new Secret(`old-${key}`), new Secret(`new-${key}`)]

  guard.protect(old, 'main')
  guard.protect(fresh, 'main')
  expect(guard.contains(`old-${key}`, 'frame')).toBeDefined()
  expect(guard.contains(`new-${key}`, 'frame')).toBeDefined()

  guard.forget(old)
  expect(guard.contains(`old-${key}`, 'frame')).toBeUndefined()
  expect(guard.contains(`new-${key}`, 'frame')).toBeDefined()
})

test('still knows a secret that two connections share when one of them forgets it', () => {
  const guard = createLeakGuard()
  const [one, other] = [new Secret(key), new Secret(key)]
  guard.protect(one, 'main')
  guard.protect(other, 'branch')

  guard.forget(one)

  expect(guard.contains(key, 'frame')).toEqual({ name: 'branch', encoding: 'raw' })
})
