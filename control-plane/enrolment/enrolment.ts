// One-time codes, and the exchange that turns one into a replica.

import type { EnrolmentAnswer } from '@sallyport/protocol'

export type MadeCode = {
  readonly id: string
  /** The whole code. It is shown once: it holds the secret. */
  readonly text: string
  readonly expiresAt: number
}

export type Enrolment = {
  /** Throws `request_invalid` for a name that is none or a ttl that cannot be, `agent_disabled`. */
  createCode(agent: string, ttlMs?: number): Promise<MadeCode>
  /** Throws `code_unknown`. */
  revokeCode(id: string): Promise<void>
  /**
   * Throws `request_invalid`, `code_wrong`, `code_used`, `code_expired`, `code_revoked`, `enrolment_tampered` or
   * `agent_disabled`. The very same request gets its first answer again until the code expires, because an answer may get lost.
   */
  enrol(request: unknown): Promise<EnrolmentAnswer>
}
