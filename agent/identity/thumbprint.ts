// What names a key: the digest of its public part.

import { createHash } from 'node:crypto'
import type { KeyStatement } from '@sallyport/protocol'

/** JWK thumbprint of an Ed25519 public key (RFC 7638, RFC 8037 part 2). */
export function thumbprint(x: string): string {
  return createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url')
}

/** True where each key of the statement is named by its own thumbprint. */
export function areNamedTruly({ keys }: KeyStatement): boolean {
  return keys.every(({ kid, x }) => kid === thumbprint(x))
}
