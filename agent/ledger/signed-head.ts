// A head that the replica signed: whoever keeps one can tell later whether anything before it was changed, and whoever has
// no key can make none.

import { createPublicKey, verify } from 'node:crypto'
import { ledgerHeadText } from '@sallyport/protocol/ledger-head'
import type { Identity } from '../identity/identity.ts'
import { signWith } from '../identity/replica-key.ts'
import { thumbprint } from '../identity/thumbprint.ts'
import type { Head } from './chain.ts'
import type { Entry } from './entry.ts'

export type HeadEntry = Extract<Entry, { kind: 'ledger.head' }>

type Signed = Pick<HeadEntry, 'agent' | 'replica' | 'head'>

export type SignHead = (head: Head) => HeadEntry

export function createSignHead({ agent, replica, key }: Pick<Identity, 'agent' | 'replica' | 'key'>): SignHead {
  const sign = signWith(key)
  const kid = thumbprint(key.x)
  return (head) => {
    const signed = { agent, replica, head }
    return { kind: 'ledger.head', ...signed, kid, signature: sign(ledgerHeadText(signed)) }
  }
}

/** `publicKey` is the `x` of the JWK. */
export function isSignedBy(publicKey: string, entry: Signed & Pick<HeadEntry, 'signature'>): boolean {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
  return verify(null, Buffer.from(ledgerHeadText(entry)), key, Buffer.from(entry.signature, 'base64url'))
}
