// The text that a replica signs to open a session. It binds both nonces, the plane, what each end can speak, and all of `hello`.

import type { ProtocolRange } from './protocol-range.ts'

type SessionProof = {
  readonly plane: string
  readonly planeNonce: string
  readonly planeProtocol: ProtocolRange
  readonly agentNonce: string
  readonly agentProtocol: ProtocolRange
  /** SHA-256 of the UTF-8 of `hello.body`, in hexadecimal. */
  readonly helloSha256: string
}

const range = ({ min, max }: ProtocolRange) => `${min}-${max}`

export function sessionProofText(proof: SessionProof): string {
  return [
    'sallyport session v1',
    proof.plane,
    proof.planeNonce,
    range(proof.planeProtocol),
    proof.agentNonce,
    range(proof.agentProtocol),
    proof.helloSha256,
  ].join('\n')
}

/** The highest version that both ranges hold; `undefined` where they do not overlap. */
export function commonVersion(one: ProtocolRange, other: ProtocolRange): number | undefined {
  const highest = Math.min(one.max, other.max)
  return highest >= Math.max(one.min, other.min) ? highest : undefined
}
