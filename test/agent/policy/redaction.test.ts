import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { createRedaction, noRedaction } from '../../../agent/policy/redaction.ts'

const key = new Uint8Array(32).fill(7)
const row = { id: 'a', email: 'a@b.c', department: null, odd: 7, suspended: false }

test('leaves out what is dropped, and sends a keyed hash of what is hashed', () => {
  const { row: redact } = createRedaction({ drop: ['suspended'], hash: ['email', 'department', 'odd'] }, () => key)

  const hash = createHmac('sha256', key).update('a@b.c').digest('base64url')
  expect(redact(row)).toEqual({ id: 'a', email: `hmac-sha256:${hash}`, department: null })
})

test('asks for the key when there is something to hash, and sends nothing where there is none', () => {
  const { row: redact } = createRedaction({ hash: ['email'] }, () => {
    throw new Error('no key')
  })

  expect(redact({ id: 'a', email: null })).toEqual({ id: 'a', email: null })
  expect(() => redact(row)).toThrow('no key')
})

test('leaves rows alone where the policy says nothing', () => {
  expect(createRedaction(undefined, () => key)).toBe(noRedaction)
  expect(noRedaction.row(row)).toBe(row)
})
