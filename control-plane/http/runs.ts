// HTTP: runs are submitted, listed, looked at and cancelled. Their rows are in pages.ts.

import { createRoute, z } from '@hono/zod-openapi'
import { approval, plainName, runId, SallyportError, times } from '@sallyport/protocol'
import type { OpenRuns } from '../runs/runs.ts'
import type { Tokens } from '../tokens/tokens.ts'
import { answers, createRouter, needs, type Router } from './router.ts'
import { runAnswer, runStates, toRunAnswer } from './run-answer.ts'

const submitRequest = z
  .strictObject({
    job: z.string().min(1).max(100).describe('GET /v1/jobs lists them'),
    connection: plainName.default('main').describe("the name of a JumpCloud organisation in the agent's configuration"),
    params: z.unknown().default({}).describe("as the job's schema says"),
    ttlMs: z
      .int()
      .min(1)
      .max(times.runTtlCapMs)
      .optional()
      .describe(`not started by then, the run expires; ${times.runTtlMs} where it is left out`),
    approval: approval
      .optional()
      .describe("the customer's word for this very run, where their policy asks for it; it names the id of the run"),
  })
  .openapi('Submission')

const submitHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'a key is 1 to 200 printable characters without spaces')
    .optional()
    .describe('the same key with the same body is the same run, however often it is posted'),
})

const listQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: runId.optional().describe('`next` of the page before'),
  state: z.enum(runStates).optional(),
})

const runList = z.object({
  runs: z.array(runAnswer),
  next: runId.nullable().describe('`after` of the next page; null on the last'),
})

const ofAgent = z.object({ agent: plainName })
const ofRun = z.object({ run: runId })

type Services = {
  readonly runs: OpenRuns
  readonly tokens: Tokens
  readonly prefix: string
}

export function runRoutes(services: Services): Router {
  const router = createRouter()
  addSubmit(router, services)
  addReading(router, services)
  addCancel(router, services)
  return router
}

function addSubmit(router: Router, { runs, tokens, prefix }: Services): void {
  const { 202: answer, ...errors } = answers(202, 'The run was queued; follow `Location` + `/pages`.', runAnswer)
  const submit = createRoute({
    method: 'post',
    path: '/v1/agents/{agent}/runs',
    summary: 'Starts a job at an agent. It waits for an agent that is away, until its time to live ends.',
    ...needs(tokens, 'runs:write'),
    request: {
      params: ofAgent,
      headers: submitHeaders,
      body: { content: { 'application/json': { schema: submitRequest } }, required: true },
    },
    responses: {
      202: answer,
      200: { ...answer, description: 'The run of an earlier request with this key.' },
      ...errors,
    },
  })
  router.openapi(submit, async (context) => {
    const { agent } = context.req.valid('param')
    const { run, existing } = await runs.submit({
      agent,
      ...context.req.valid('json'),
      idempotencyKey: context.req.valid('header')['idempotency-key'],
      requester: context.var.caller.name,
    })
    context.header('location', `${prefix}/v1/runs/${run.id}`)
    return existing ? context.json(toRunAnswer(run), 200) : context.json(toRunAnswer(run), 202)
  })
}

function addReading(router: Router, { runs, tokens }: Services): void {
  const list = createRoute({
    method: 'get',
    path: '/v1/agents/{agent}/runs',
    summary: 'The runs of an agent, newest first.',
    ...needs(tokens, 'runs:read'),
    request: { params: ofAgent, query: listQuery },
    responses: answers(200, 'Runs.', runList),
  })
  router.openapi(list, async (context) => {
    const { limit, after, state } = context.req.valid('query')
    // One more than is shown tells whether there is a next page.
    const found = await runs.list(context.req.valid('param').agent, { limit: limit + 1, after, state })
    const shown = found.slice(0, limit)
    const next = found.length > limit ? (shown.at(-1)?.id ?? null) : null
    return context.json({ runs: shown.map(toRunAnswer), next }, 200)
  })

  const get = createRoute({
    method: 'get',
    path: '/v1/runs/{run}',
    summary: 'One run.',
    ...needs(tokens, 'runs:read'),
    request: { params: ofRun },
    responses: answers(200, 'The run.', runAnswer),
  })
  router.openapi(get, async (context) => {
    const run = await knownRun(runs, context.req.valid('param').run)
    context.var.caller.require('runs:read', run.agent)
    return context.json(toRunAnswer(run), 200)
  })
}

function addCancel(router: Router, { runs, tokens }: Services): void {
  const cancel = createRoute({
    method: 'post',
    path: '/v1/runs/{run}/cancel',
    summary:
      'Asks for the end of a run: a read ends at once. A write that was sent is not undone: see `cancelTooLate` and `outcome`.',
    ...needs(tokens, 'runs:write'),
    request: { params: ofRun },
    responses: answers(200, 'The run as it is now; a write that was sent ends when the agent says how.', runAnswer),
  })
  router.openapi(cancel, async (context) => {
    const { caller } = context.var
    const run = await knownRun(runs, context.req.valid('param').run)
    caller.require('runs:write', run.agent)
    return context.json(toRunAnswer(await runs.cancel(caller.name, run.id)), 200)
  })
}

/** Throws `run_unknown`. */
export async function knownRun(runs: Pick<OpenRuns, 'get'>, id: string) {
  const run = await runs.get(id)
  if (run === undefined) throw new SallyportError('run_unknown', `find run ${id}: there is none of this id.`)
  return run
}
