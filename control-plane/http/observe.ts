// HTTP: whether the control plane lives, whether it can serve, and its figures.

import { createRoute, z } from '@hono/zod-openapi'
import type { Gateway } from '../gateway/gateway.ts'
import type { Store } from '../store/store.ts'
import type { Tokens } from '../tokens/tokens.ts'
import { createRouter, errors, needs, type Router } from './router.ts'
import { runStates } from './run-answer.ts'

const health = z.object({ ok: z.boolean(), reasons: z.array(z.string()).describe('why it is not') })

type Services = {
  readonly store: Store
  readonly gateway: Pick<Gateway, 'sessions' | 'ignored'>
  readonly tokens: Tokens
  readonly closing: AbortSignal
}

export function observeRoutes(services: Services): Router {
  const router = createRouter()
  addHealth(router, services)
  const metrics = createRoute({
    method: 'get',
    path: '/metrics',
    summary: 'Figures of all agents together, in the text format of Prometheus.',
    ...needs(services.tokens, 'agents:read'),
    responses: { 200: { description: 'Metrics.', content: { 'text/plain': { schema: z.string() } } }, ...errors },
  })
  router.openapi(metrics, async (context) => {
    // The figures are of all agents together: a scope for one of them is not enough.
    context.var.caller.requireForAll('agents:read')
    return context.text(await metricsText(services), 200)
  })
  return router
}

function addHealth(router: Router, { store, closing }: Services): void {
  const content = { 'application/json': { schema: health } }
  const live = createRoute({
    method: 'get',
    path: '/healthz',
    summary: 'The process answers.',
    responses: { 200: { description: 'It lives.', content } },
  })
  router.openapi(live, (context) => context.json({ ok: true, reasons: [] }, 200))

  const ready = createRoute({
    method: 'get',
    path: '/readyz',
    summary: 'The control plane can serve.',
    responses: { 200: { description: 'It can.', content }, 503: { description: 'It cannot.', content } },
  })
  router.openapi(ready, async (context) => {
    const reasons = closing.aborted ? ['it is stopping'] : []
    await store.version().catch(() => reasons.push('the store cannot be read'))
    return reasons.length === 0 ? context.json({ ok: true, reasons }, 200) : context.json({ ok: false, reasons }, 503)
  })
}

async function metricsText({ store, gateway }: Services): Promise<string> {
  const counts = await store.runs.countByState()
  const { frameCount, memberCount } = gateway.ignored()
  return [
    '# HELP sallyport_sessions Sessions that are open.',
    '# TYPE sallyport_sessions gauge',
    `sallyport_sessions ${gateway.sessions().length}`,
    '# HELP sallyport_runs Runs that are stored.',
    '# TYPE sallyport_runs gauge',
    ...runStates.map((state) => `sallyport_runs{state="${state}"} ${counts[state] ?? 0}`),
    '# HELP sallyport_ignored_frames_total Frames of a type that this version does not know.',
    '# TYPE sallyport_ignored_frames_total counter',
    `sallyport_ignored_frames_total ${frameCount}`,
    '# HELP sallyport_ignored_members_total Members of frames that this version does not know.',
    '# TYPE sallyport_ignored_members_total counter',
    `sallyport_ignored_members_total ${memberCount}`,
    '',
  ].join('\n')
}
