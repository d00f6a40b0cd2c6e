// A compact JWS by Ed25519 (RFC 7515, RFC 8037).

import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import type { SignedType } from '@sallyport/protocol'
import { broken, type PrivateJwk } from './key-file.ts'
import { thumbprint } from './thumbprint.ts'

export type SigningKey = {
  /** JWK thumbprint (RFC 7638). */
  readonly kid: string
  readonly x: string
  sign(type: SignedType, payload: unknown): string
}

/** Throws `configuration_invalid` naming the file that the key came from. */
export function openSigningKey(key: PrivateJwk, path: string): SigningKey {
  const privateKey = readPrivateKey(key, path)
  const kid = thumbprint(key.x)
  return {
    ...{ kid, x: key.x },
    sign: (type, payload) => {
      const text = `${encoded({ alg: 'EdDSA', typ: type, kid })}.${encoded(payload)}`
      return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`
    },
  }
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function readPrivateKey(key: PrivateJwk, path: string): KeyObject {
  try {
    return createPrivateKey({ key, format: 'jwk' })
  } catch {
    throw broken(path, 'its key is no Ed25519 key')
  }
}
