// What a call to JumpCloud came to when it failed: an error for people, and for the code what decides on going on.

import type { ErrorCode } from '@sallyport/protocol/error-codes'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import type { Sent } from '../egress/exchange.ts'

type CallFacts = {
  readonly sent: Sent
  /** Of JumpCloud's answer; left out where there was none. */
  readonly status?: number | undefined
  /** How long JumpCloud asked us to wait. */
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

/**
 * What JumpCloud itself says no with: without a key and with a wrong one (JumpCloud reference 2.1 [W]), to a change of members
 * (7.2 [O]), and by plan, role and rate (3 [S], 4 [C]). Another status may be of a proxy on the way (407, 408), which had perhaps
 * handed the request on.
 */
const refusals: ReadonlySet<number> = new Set([302, 400, 401, 402, 403, 404, 409, 429])

/** A failed call. Its message names the operation, the method, the path and the status; a body or a header never. */
export class CallError extends SallyportError {
  readonly sent: Sent
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, { sent, status, retryAfterMs, cause }: CallFacts) {
    super(code, message, cause === undefined ? {} : { cause })
    this.sent = sent
    this.status = status
    this.retryAfterMs = retryAfterMs
  }

  /** True where JumpCloud answered that it did not do it. Any other status says nothing about what was done. */
  get refused(): boolean {
    return this.status !== undefined && this.code !== 'jumpcloud_unreachable' && refusals.has(this.status)
  }
}
