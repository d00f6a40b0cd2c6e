import { expect, test } from 'vitest'
import { isMac, mac } from '../../../control-plane/enrolment/mac.ts'

const secret = Buffer.alloc(20, 0x0b).toString('base64url')

test('is HMAC-SHA-256 with the decoded secret: RFC 4231, case 1', () => {
  const expected = Buffer.from('b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7', 'hex')

  expect(mac(secret, 'Hi There')).toBe(expected.toString('base64url'))
})

test('knows its own from others, and from what has another length', () => {
  const honest = mac(secret, 'Hi There')

  expect(isMac(honest, secret, 'Hi There')).toBe(true)
  expect(isMac(honest, secret, 'Hi there')).toBe(false)
  expect(isMac(honest.slice(1), secret, 'Hi There')).toBe(false)
})
