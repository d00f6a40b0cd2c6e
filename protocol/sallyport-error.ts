// The one error class: a code of the table, a sentence for people, and the cause. It never carries a body, a header or a secret.

import { type ErrorCode, errorCodes, type Fault } from './error-codes.ts'

type Details = { readonly cause?: unknown; readonly rule?: string }

/**
 * An error that a person can act on: `message` says what was being done, to what, and what to do next; `code` decides
 * everything else. `rule` names the line of the policy that refused, for `policy_denied` alone.
 */
export class SallyportError extends Error {
  override readonly name = 'SallyportError'
  readonly code: ErrorCode
  readonly rule: string | undefined

  constructor(code: ErrorCode, message: string, details: Details = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.code = code
    this.rule = details.rule
  }

  get fault(): Fault {
    return errorCodes[this.code].fault
  }

  get retry(): boolean {
    return errorCodes[this.code].retry
  }
}
