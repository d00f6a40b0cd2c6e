// What every group of routes begins with: its environment, who may call it, and one answer for input that does not fit.

import type { HttpBindings } from '@hono/node-server'
import { OpenAPIHono, type z } from '@hono/zod-openapi'
import { SallyportError } from '@sallyport/protocol'
import type { Context, MiddlewareHandler } from 'hono'
import type { ScopeName } from '../tokens/scope.ts'
import type { Caller, Tokens } from '../tokens/tokens.ts'
import { errorBody } from './error-answer.ts'

export type HttpEnv = { readonly Bindings: HttpBindings; readonly Variables: { caller: Caller } }
export type Router = OpenAPIHono<HttpEnv>

export function createRouter(): Router {
  return new OpenAPIHono<HttpEnv>({ defaultHook: refuseInput })
}

/**
 * Opens a route to tokens with this scope, and documents it. A scope for one agent is enough where the path names that
 * agent; where it names none, the handler asks again once it knows which agent it is about.
 */
export function needs(tokens: Tokens, scope: ScopeName) {
  const middleware: MiddlewareHandler<HttpEnv> = async (context, next) => {
    const caller = await tokens.authenticate(context.req.header('authorization'))
    caller.require(scope, context.req.param('agent'))
    context.set('caller', caller)
    await next()
  }
  return { middleware, security: [{ token: [scope] }] }
}

/** The JSON answer of a route, beside the errors that any route may give. */
export function answers<const Status extends number, Schema extends z.ZodType>(
  status: Status,
  description: string,
  schema: Schema,
) {
  const answer = { description, content: { 'application/json': { schema } } }
  // A computed key is widened by the compiler to `string`.
  return { [status]: answer, ...errors } as Record<Status, typeof answer> & typeof errors
}

export const errors = {
  default: { description: 'The request was refused.', content: { 'application/json': { schema: errorBody } } },
} as const

const places = { json: 'the body', query: 'the query', param: 'the path', header: 'the headers' } as const

type Parsing = { readonly target: string } & ({ success: true } | { success: false; error: z.ZodError })

function refuseInput(result: Parsing, { req }: Context): void {
  if (result.success) return
  const place = Object.entries(places).find(([target]) => target === result.target)?.[1] ?? 'the request'
  const [issue] = result.error.issues
  const where = issue?.path.map(String).join('.') || place
  const message = `read ${place} of ${req.method} ${req.path}: ${where}: ${issue?.message ?? 'does not fit'}. GET /v1/openapi.json describes it.`
  throw new SallyportError('request_invalid', message)
}
