// Who signs for the control plane. The key may live in a file, in another process or in a KMS: only this is known of it.

import type { BatchPayload, KeyStatement, LeadPayload, SignedType, WelcomePayload } from '@sallyport/protocol'

export type Signer = {
  /** The id of the control plane. It outlives any one key. */
  readonly plane: string
  /** JWK thumbprint of the key that signs now (RFC 7638): the fingerprint in enrolment codes. */
  readonly kid: string
  /** JSON text of the `KeyStatement` that agents pin when they enrol. */
  readonly statement: string
  /** The same as a JWS by a key that agents have pinned, for those who know an older one; left out before there was another. */
  readonly announcement?: string | undefined
  /** A compact JWS by Ed25519 (RFC 7515, RFC 8037). `type` goes into its header, so that it serves no other purpose. */
  sign(type: SignedType, payload: WelcomePayload | BatchPayload | KeyStatement | LeadPayload): string | Promise<string>
  /** Looks whether another process changed the keys. */
  refresh?(): Promise<void>
}
