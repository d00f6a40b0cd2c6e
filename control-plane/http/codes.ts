// HTTP: enrolment codes.

import { createRoute, z } from '@hono/zod-openapi'
import { plainName, SallyportError, times } from '@sallyport/protocol'
import type { Administration } from '../audit/administration.ts'
import type { Store } from '../store/store.ts'
import type { Tokens } from '../tokens/tokens.ts'
import { instant, toInstant } from './instant.ts'
import { answers, createRouter, errors, needs, type Router } from './router.ts'

const codeAnswer = z
  .object({
    id: z.string(),
    code: z.string().describe('the whole code, shown this once: `sallyport enrol --plane URL --code CODE`'),
    expiresAt: instant,
  })
  .openapi('EnrolmentCode')

const codeRequest = z.strictObject({
  ttlMs: z.int().min(1).optional().describe(`how long it may be used; ${times.codeTtlMs} where it is left out`),
})

type Services = { readonly store: Store; readonly administration: Administration; readonly tokens: Tokens }

export function codeRoutes({ store, administration, tokens }: Services): Router {
  const router = createRouter()
  const create = createRoute({
    method: 'post',
    path: '/v1/agents/{agent}/codes',
    summary: 'Makes a one-time code by which one replica enrols. A new agent comes into being with its first code.',
    ...needs(tokens, 'agents:write'),
    request: {
      params: z.object({ agent: plainName }),
      body: { content: { 'application/json': { schema: codeRequest } } },
    },
    responses: answers(201, 'The code.', codeAnswer),
  })
  router.openapi(create, async (context) => {
    const { agent } = context.req.valid('param')
    const made = await administration.createCode(context.var.caller.name, agent, context.req.valid('json').ttlMs)
    context.header('cache-control', 'no-store')
    return context.json({ id: made.id, code: made.text, expiresAt: toInstant(made.expiresAt) }, 201)
  })

  const revoke = createRoute({
    method: 'delete',
    path: '/v1/codes/{id}',
    summary: 'Revokes a code. A replica that enrolled by it stays.',
    ...needs(tokens, 'agents:write'),
    request: { params: z.object({ id: z.string().min(1).max(64) }) },
    responses: { 204: { description: 'Revoked.' }, ...errors },
  })
  router.openapi(revoke, async (context) => {
    const { id } = context.req.valid('param')
    const { caller } = context.var
    const code = await store.codes.get(id)
    if (code === undefined) throw new SallyportError('code_unknown', `revoke code ${id}: there is none of this id.`)
    caller.require('agents:write', code.agent)
    await administration.revokeCode(caller.name, id)
    return context.body(null, 204)
  })
  return router
}
