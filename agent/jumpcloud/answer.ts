// What we read of an answer of JumpCloud that said yes: JSON that fits, or an error that says where it does not.

import type { z } from 'zod'
import { type Call, targetOf } from './call.ts'
import { CallError } from './call-error.ts'

/** An answer with a 2xx status, whole. */
export type Answer = {
  readonly status: number
  readonly header: (name: string) => string | undefined
  readonly body: string
}

/** The body as `shape` describes it; throws `response_unexpected` where it is not JSON or does not fit. */
export function readAnswer<Body>(call: Call, answer: Answer, shape: z.ZodType<Body>): Body {
  return readPart(call, answer, { value: jsonOf(call, answer), shape })
}

/** Part of a body that was read already; throws like `readAnswer`. */
export function readPart<Part>(
  call: Call,
  answer: Answer,
  part: { readonly value: unknown; readonly shape: z.ZodType<Part> },
): Part {
  const parsed = part.shape.safeParse(part.value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const where = issue?.path.join('.') || 'its top'
  throw unexpected(call, answer, `a body that does not fit at ${where}: ${issue?.message ?? 'no reason known'}`)
}

/** An answer that says yes, but not in the form that JumpCloud's interface describes. */
export function unexpected(call: Call, { status }: Answer, what: string): CallError {
  const message = `${call.operation}: JumpCloud answered ${status} to ${targetOf(call)} with ${what}. Nothing was taken from it; if this lasts, report it`
  return new CallError('response_unexpected', message, { sent: 'maybe', status })
}

function jsonOf(call: Call, answer: Answer): unknown {
  try {
    return JSON.parse(answer.body)
  } catch {
    // The cause is left out: its message quotes the body.
    throw unexpected(call, answer, 'a body that is not JSON')
  }
}
