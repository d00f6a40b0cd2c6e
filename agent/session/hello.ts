// The text of a `hello`: who this replica is, and the proof that it is said in this session and no other.

import { createHash } from 'node:crypto'
import { type HelloBody, type PlaneFrame, type ProtocolRange, sessionProofText } from '@sallyport/protocol'
import type { Identity } from '../identity/identity.ts'
import { signWith } from '../identity/replica-key.ts'

export type HelloFacts = {
  readonly identity: Identity
  readonly challenge: Extract<PlaneFrame, { type: 'challenge' }>
  /** The agent's. */
  readonly nonce: string
  readonly protocol: ProtocolRange
  readonly said: Omit<HelloBody, 'agent' | 'replica' | 'counter' | 'protocol' | 'nonce'>
}

export function helloText({ identity, challenge, nonce, protocol, said }: HelloFacts): string {
  const { agent, replica, counter } = identity
  const body: HelloBody = { agent, replica, counter, protocol, nonce, ...said }
  const text = JSON.stringify(body)
  const proof = signWith(identity.key)(
    sessionProofText({
      plane: challenge.plane,
      planeNonce: challenge.nonce,
      planeProtocol: challenge.protocol,
      agentNonce: nonce,
      agentProtocol: protocol,
      helloSha256: createHash('sha256').update(text).digest('hex'),
    }),
  )
  return JSON.stringify({ type: 'hello', body: text, proof })
}
