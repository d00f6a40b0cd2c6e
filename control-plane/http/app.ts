// The HTTP interface put together: its routes, its answers to errors, and the OpenAPI document made from the same schemas.

import { limits, SallyportError } from '@sallyport/protocol'
import type { Administration } from '../audit/administration.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { OpenRuns } from '../runs/runs.ts'
import type { Store } from '../store/store.ts'
import type { Tokens } from '../tokens/tokens.ts'
import { agentRoutes } from './agents.ts'
import { codeRoutes } from './codes.ts'
import { enrolmentRoutes } from './enrolments.ts'
import { toErrorAnswer } from './error-answer.ts'
import { jobRoutes } from './jobs.ts'
import { limitBody } from './limit-body.ts'
import { observeRoutes } from './observe.ts'
import { pageRoutes } from './pages.ts'
import { createRouter, type Router } from './router.ts'
import { runRoutes } from './runs.ts'

export type HttpServices = {
  readonly store: Store
  readonly gateway: Pick<Gateway, 'sessions' | 'ignored'>
  readonly administration: Administration
  readonly tokens: Tokens
  readonly runs: OpenRuns
  readonly clock: Pick<Clock, 'sleep'>
  readonly log: Log
  /** In front of every path; empty, or `/` and a name. */
  readonly prefix: string
  readonly closing: AbortSignal
}

/** The params of a run, and what stands around them. */
const maxBytes = limits.runBytes + 4 * 1024

export function createApp(services: HttpServices): Router {
  const app = createRouter()
  app.use(limitBody(maxBytes))
  for (const routes of routesOf(services)) app.route(services.prefix || '/', routes)
  addDocument(app, services.prefix)

  app.notFound((context) => {
    const { method, path } = context.req
    const error = new SallyportError('route_unknown', `${method} ${path}: there is nothing at this address.`)
    const { status, body } = toErrorAnswer(error)
    return context.json(body, status)
  })
  app.onError((error, context) => {
    const { status, body } = toErrorAnswer(error)
    if (status === 401) context.header('www-authenticate', 'Bearer')
    if (status === 500) services.log.error('http.failed', { method: context.req.method, path: context.req.path, error })
    return context.json(body, status)
  })
  return app
}

function routesOf(services: HttpServices): readonly Router[] {
  return [
    agentRoutes(services),
    codeRoutes(services),
    runRoutes(services),
    pageRoutes(services),
    jobRoutes(services),
    enrolmentRoutes(services),
    observeRoutes(services),
  ]
}

function addDocument(app: Router, prefix: string): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' })
  let document: ReturnType<Router['getOpenAPI31Document']> | undefined
  app.get(`${prefix}/v1/openapi.json`, (context) => {
    document ??= app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: { title: 'Sallyport control plane', version: '1' },
    })
    return context.json(document)
  })
}
