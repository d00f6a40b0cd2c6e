// How people tell two secrets apart without seeing either: a hash under a key that stays on the host, so that nobody else can
// try secrets against it.

import { createHmac, timingSafeEqual } from 'node:crypto'
import { openSecret, type Secret } from './secret.ts'

/** Twelve characters of lower-case hexadecimal. The same secret has another one on another host. */
export function fingerprintOf(secret: Secret, key: Uint8Array): string {
  return createHmac('sha256', key).update(openSecret(secret)).digest('hex').slice(0, 12)
}

export function isSameSecret(one: Secret, other: Secret): boolean {
  const [a, b] = [Buffer.from(openSecret(one)), Buffer.from(openSecret(other))]
  return a.length === b.length && timingSafeEqual(a, b)
}
