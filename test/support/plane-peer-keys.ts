// Signing as a control plane does, written from the protocol's document: compact JWS by Ed25519, made with nothing of ours.

import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { KeyStatement } from '@sallyport/protocol'

export type SigningKey = {
  readonly kid: string
  readonly x: string
  readonly key: KeyObject
  /** A payload that is a text is signed as it stands. `header` goes over what an honest one says. */
  sign(typ: string, payload: unknown, header?: Readonly<Record<string, unknown>>): string
}

export function makeSigningKey(): SigningKey {
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return signingKey({ x: String(x), d: String(d) })
}

export function signingKey({ x, d }: { readonly x: string; readonly d: string }): SigningKey {
  const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', x, d }, format: 'jwk' })
  const kid = createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url')
  return {
    kid,
    x,
    key,
    sign: (typ, payload, header = {}) => {
      const head = encode(JSON.stringify({ alg: 'EdDSA', typ, kid, season: 'spring', ...header }))
      const body = encode(typeof payload === 'string' ? payload : JSON.stringify(payload))
      return `${head}.${body}.${sign(null, Buffer.from(`${head}.${body}`), key).toString('base64url')}`
    },
  }
}

export function statementOf(plane: string, version: number, ...keys: readonly SigningKey[]): KeyStatement {
  return { plane, version, keys: keys.map(({ kid, x }) => ({ kid, x })) }
}

const encode = (text: string) => Buffer.from(text).toString('base64url')
