// Owns what a handler is given: the request, who asked, and the organisation that it concerns.

import { z } from 'zod'
import type { Json } from '../json.ts'
import type { Grant } from '../state/key-ring.ts'
import type { Mutation } from '../state/recording.ts'
import type { Tenant } from '../state/tenant.ts'
import type { World } from '../state/world.ts'
import { refuse } from './answer.ts'
import type { ReceivedRequest } from './receive.ts'

export interface Call {
  readonly world: World
  readonly request: ReceivedRequest
  readonly grant: Grant
  /** The `:id` of the path; no route has two. Empty where the path has none. */
  readonly id: string
  /** The organisation that the request concerns. */
  readonly tenant: Tenant
  /** Every organisation that it concerns: more than one only on Insights and on routes without `x-org-id`. */
  readonly tenants: readonly Tenant[]
}

export function mutated({ world, request }: Call, mutation: Omit<Mutation, 'at' | 'requestId'>): void {
  world.recording.mutated({ at: world.now(), requestId: request.id, ...mutation })
}

const validationDetail = (message: string): Json => ({
  code: 400,
  message,
  status: 'INVALID_ARGUMENT',
  details: [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolationsList: [] }],
})

/** Parses the body or refuses with 400 and the general error shape (JumpCloud reference 3). */
export function bodyOf<Schema extends z.ZodType>({ request }: Call, schema: Schema): z.infer<Schema> {
  const parsed = schema.safeParse(jsonOf(request.body))
  if (!parsed.success) throw refuse(400, validationDetail(z.prettifyError(parsed.error)))
  return parsed.data
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw refuse(400, validationDetail('the body is not JSON'))
  }
}
