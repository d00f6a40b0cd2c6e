// Owns what a handler answers and the ways in which an answer can be broken on its way out.

import type { Json } from '../json.ts'

/** How the bytes leave. Everything but `whole` is a fault that a lever asked for. */
export type Delivery =
  | { readonly how: 'whole' }
  | { readonly how: 'reset' }
  | { readonly how: 'cut' }
  | { readonly how: 'slow'; readonly pauseMs: number }
  | { readonly how: 'giant'; readonly bytes: number }

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; `undefined` is an empty body. */
  readonly json?: Json | undefined
  /** Sent as it is, instead of `json`. */
  readonly text?: { readonly type: string; readonly content: string }
  readonly delivery?: Delivery
}

/** Thrown by whatever finds that a request cannot be served; carries the whole answer. */
export class Refusal extends Error {
  readonly answer: Answer

  constructor(answer: Answer) {
    super(`simulator: refused with ${answer.status}`)
    this.answer = answer
  }
}

export function refuse(status: number, json?: Json): Refusal {
  return new Refusal({ status, json })
}

export const notFound = (): Refusal => refuse(404, { message: 'Not Found' })
export const noContent: Answer = { status: 204 }
export const ok = (json: Json): Answer => ({ status: 200, json })
