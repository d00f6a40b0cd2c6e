// HTTP: the rows of a run as they come, as NDJSON or as server-sent events.

import { createRoute, z } from '@hono/zod-openapi'
import { runId, SallyportError } from '@sallyport/protocol'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Runs } from '../runs/runs.ts'
import { type StreamLine, streamLine } from '../runs/stream-line.ts'
import type { Tokens } from '../tokens/tokens.ts'
import { lineStream } from './line-stream.ts'
import { createRouter, errors, needs, type Router } from './router.ts'
import { knownRun } from './runs.ts'

const ndjson = 'application/x-ndjson'
const events = 'text/event-stream'

const pagesQuery = z.strictObject({
  attempt: z.coerce.number().int().min(1).optional().describe('the attempt that an earlier answer stopped in'),
  from: z.coerce.number().int().min(0).optional().describe('number of the first row that is wanted'),
  page: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe(
      'number of the first page that is wanted, in place of `from`; `pageCount` of a run says how many are there',
    ),
})

const pagesHeaders = z.object({
  accept: z.string().optional(),
  'last-event-id': z
    .string()
    .regex(/^\d{1,9}:\d{1,12}$/, 'an id is ATTEMPT:SEQ')
    .optional()
    .describe('id of the last event that arrived; it stands before the query'),
})

/** Proxies take an answer for dead after 30 s or a minute without a byte. */
const keepAliveMs = 15_000

type Services = {
  readonly runs: Pick<Runs, 'get' | 'watch'>
  readonly tokens: Tokens
  readonly clock: Pick<Clock, 'sleep'>
  readonly log: Log
  /** Aborted when the control plane stops: open streams end. */
  readonly closing: AbortSignal
}

export function pageRoutes({ runs, tokens, clock, log, closing }: Services): Router {
  const router = createRouter()
  const pages = createRoute({
    method: 'get',
    path: '/v1/runs/{run}/pages',
    summary: 'The rows of a run, line by line, as they come; the last line is `done` or `failed`.',
    ...needs(tokens, 'runs:read'),
    request: { params: z.object({ run: runId }), query: pagesQuery, headers: pagesHeaders },
    responses: {
      200: {
        description:
          'One JSON object a line, or a server-sent event. Without a last line, the answer was cut off: go on from there.',
        content: { [ndjson]: { schema: streamLine }, [events]: { schema: streamLine } },
      },
      ...errors,
    },
  })
  router.openapi(pages, async (context) => {
    const run = await knownRun(runs, context.req.valid('param').run)
    context.var.caller.require('runs:read', run.agent)
    const { accept = '', 'last-event-id': lastEventId } = context.req.valid('header')
    const place = lastEventId === undefined ? context.req.valid('query') : placeAfter(lastEventId)
    const gone = new AbortController()
    const signal = AbortSignal.any([gone.signal, closing])
    const type = accept.includes(events) ? events : ndjson
    const stream = lineStream({
      lines: runs.watch({ run: run.id, ...place, signal }),
      format: type === events ? createEventFormat() : (line) => `${JSON.stringify(line)}\n`,
      abandon: () => gone.abort(new SallyportError('cancelled', `watch run ${run.id}: the reader went away.`)),
      // Stopping, and an agent that is deleted with its runs, are no defects. The missing last line tells the reader to ask again.
      ...(type === events ? { keepAlive: { text: ': nothing new\n\n', ms: keepAliveMs, clock } } : {}),
      failed: (error) => {
        if (!(error instanceof SallyportError)) log.error('pages.failed', { run: run.id, error })
      },
    })
    return context.body(stream, 200, { 'content-type': type, 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
  })
  return router
}

function placeAfter(eventId: string): { readonly attempt: number; readonly from: number } {
  const [attempt, seq] = eventId.split(':').map(Number)
  return { attempt: attempt ?? 1, from: (seq ?? -1) + 1 }
}

/** Only rows have an id: a browser that reconnects sends the last one that it saw. Rows come after their `attempt`. */
function createEventFormat(): (line: StreamLine) => string {
  let attempt = 0
  return (line) => {
    if (line.type === 'attempt') attempt = line.attempt
    const id = line.type === 'row' ? `id: ${attempt}:${line.seq}\n` : ''
    return `event: ${line.type}\n${id}data: ${JSON.stringify(line)}\n\n`
  }
}
