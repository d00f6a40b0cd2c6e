// HTTP: where agents enrol. It takes no API token: the code is what lets in.

import { createRoute } from '@hono/zod-openapi'
import { enrolmentAnswer, enrolmentRequest } from '@sallyport/protocol'
import type { Administration } from '../audit/administration.ts'
import { limitBody } from './limit-body.ts'
import { answers, createRouter, type Router } from './router.ts'

const maxBytes = 4 * 1024

export function enrolmentRoutes({ administration }: { readonly administration: Administration }): Router {
  const router = createRouter()
  const enrol = createRoute({
    method: 'post',
    path: '/v1/enrolments',
    summary: 'Enrols a replica by a one-time code.',
    middleware: limitBody(maxBytes),
    request: { body: { content: { 'application/json': { schema: enrolmentRequest } }, required: true } },
    responses: answers(200, 'The replica, and the keys to pin.', enrolmentAnswer),
  })
  router.openapi(enrol, async (context) => context.json(await administration.enrol(context.req.valid('json')), 200))
  return router
}
