// From an error to what the HTTP interface answers: the one place where error codes meet HTTP statuses.

import { z } from '@hono/zod-openapi'
import { type ErrorCode, SallyportError } from '@sallyport/protocol'
import { HTTPException } from 'hono/http-exception'
import { streamError, toStreamError } from '../runs/stream-line.ts'

const statuses = {
  request_invalid: 400,
  code_malformed: 400,
  params_invalid: 422,
  job_unknown: 422,
  connection_unknown: 422,
  token_missing: 401,
  token_wrong: 401,
  token_expired: 401,
  scope_missing: 403,
  code_wrong: 403,
  enrolment_tampered: 403,
  agent_disabled: 403,
  route_unknown: 404,
  agent_unknown: 404,
  replica_unknown: 404,
  code_unknown: 404,
  token_unknown: 404,
  run_unknown: 404,
  code_used: 409,
  name_taken: 409,
  idempotency_conflict: 409,
  code_expired: 410,
  code_revoked: 410,
  pages_gone: 410,
  body_too_large: 413,
} as const satisfies Partial<Record<ErrorCode, number>>

export type ErrorStatus = (typeof statuses)[keyof typeof statuses] | 500

export const errorBody = z.object({ error: streamError }).openapi('Error')
export type ErrorBody = z.infer<typeof errorBody>

/** What is no `SallyportError` and no fault of the request becomes `plane_error`, and says nothing of what happened inside. */
export function toErrorAnswer(error: unknown): { readonly status: ErrorStatus; readonly body: ErrorBody } {
  const { code, message, rule } = sallyportErrorOf(error)
  const answer = toStreamError(rule === undefined ? { code, message } : { code, message, rule })
  return { status: isListed(code) ? statuses[code] : 500, body: { error: answer } }
}

function sallyportErrorOf(error: unknown): SallyportError {
  if (error instanceof SallyportError) return error
  if (error instanceof HTTPException && error.status < 500) {
    // Thrown by the library for a body that is no JSON, or has another content type.
    const message = `read the request: ${error.message}. Send JSON, with "Content-Type: application/json".`
    return new SallyportError('request_invalid', message, { cause: error })
  }
  const message =
    'answer the request: a defect in the control plane. Its log says more; the same request may be sent again.'
  return new SallyportError('plane_error', message, { cause: error })
}

function isListed(code: ErrorCode): code is keyof typeof statuses {
  return Object.hasOwn(statuses, code)
}
