// HTTP: the jobs that can be asked for, as their contracts describe them.

import { createRoute, z } from '@hono/zod-openapi'
import { type JobContract, jobs } from '@sallyport/protocol'
import type { Tokens } from '../tokens/tokens.ts'
import { answers, createRouter, needs, type Router } from './router.ts'

const jsonSchema = z.record(z.string(), z.unknown()).describe('JSON Schema')

const jobAnswer = z
  .object({
    name: z.string(),
    effect: z.enum(['read', 'write']),
    rows: z.enum(['one', 'many']),
    summary: z.string(),
    params: jsonSchema,
    row: jsonSchema,
    calls: z.array(z.string()).describe('JumpCloud calls that it makes'),
    scopes: z.array(z.string()).describe('JumpCloud scopes that it needs'),
    example: z.unknown().describe('params that work'),
  })
  .openapi('Job')

export function jobRoutes({ tokens }: { readonly tokens: Tokens }): Router {
  const router = createRouter()
  const list = createRoute({
    method: 'get',
    path: '/v1/jobs',
    summary: 'All jobs. Whether an agent takes one is for the policy on its host to say.',
    ...needs(tokens, 'runs:read'),
    responses: answers(200, 'Jobs by name.', z.object({ jobs: z.array(jobAnswer) })),
  })
  router.openapi(list, async (context) => {
    const contracts = await Promise.all(Object.values(jobs).map(({ load }): Promise<JobContract> => load()))
    return context.json({ jobs: contracts.map(toJobAnswer) }, 200)
  })
  return router
}

function toJobAnswer({ name, effect, rows, params, row, docs }: JobContract): z.infer<typeof jobAnswer> {
  return {
    name,
    effect,
    rows,
    summary: docs.summary,
    params: z.toJSONSchema(params, { io: 'input' }),
    row: z.toJSONSchema(row, { io: 'input' }),
    calls: [...docs.calls],
    scopes: [...docs.scopes],
    example: docs.example,
  }
}
