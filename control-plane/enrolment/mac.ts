// The proofs of an enrolment: HMAC-SHA-256 with the 32 bytes of the code's secret.

import { createHmac, timingSafeEqual } from 'node:crypto'

/** `secret` and the answer are base64url. */
export function mac(secret: string, text: string): string {
  return createHmac('sha256', Buffer.from(secret, 'base64url')).update(text).digest('base64url')
}

/** Takes the same time whatever differs. */
export function isMac(claimed: string, secret: string, text: string): boolean {
  const expected = Buffer.from(mac(secret, text))
  const given = Buffer.from(claimed)
  return given.length === expected.length && timingSafeEqual(given, expected)
}
