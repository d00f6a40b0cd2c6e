// The name of a public key: its JWK thumbprint (RFC 7638). For Ed25519 the members are those of RFC 8037.

import { createHash } from 'node:crypto'

/** `x` is the public key, 32 bytes in base64url; so is what comes back. */
export function thumbprint(x: string): string {
  return createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url')
}
