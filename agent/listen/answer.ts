// What the agent answers to somebody on its host. Pure; which door a request came through is known to who opened it.

import { metricsText } from '../status/metrics.ts'
import type { AgentStatus, StatusSource } from '../status/status.ts'

/** `local`: the Unix socket, which only the agent's own user and root can open. The others are loopback ports. */
export type Door = 'local' | 'health' | 'metrics'

export type LocalAnswer = {
  readonly status: number
  readonly type: 'application/json' | 'text/plain; version=0.0.4; charset=utf-8'
  readonly body: string
}

export type LocalService = StatusSource & {
  /** Begins to stop, as the first SIGTERM does. No effect where it is stopping already. */
  drain(): void
  /** Asks the control plane for a run. False where there is no session to ask in. */
  trial(): boolean
}

type Respond = (service: LocalService) => LocalAnswer

type Route = { readonly method: 'GET' | 'POST'; readonly doors: readonly Door[]; readonly respond: Respond }

const routes: Readonly<Record<string, Route>> = {
  '/livez': { method: 'GET', doors: ['local', 'health'], respond: (service) => health(service.status(), 'live') },
  '/readyz': { method: 'GET', doors: ['local', 'health'], respond: (service) => health(service.status(), 'ready') },
  '/metrics': {
    method: 'GET',
    doors: ['local', 'metrics'],
    respond: (service) => ({
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      body: metricsText(service.status()),
    }),
  },
  '/status': { method: 'GET', doors: ['local'], respond: (service) => json(200, service.status()) },
  '/runs': { method: 'GET', doors: ['local'], respond: (service) => json(200, { runs: service.runs() }) },
  '/trial': {
    method: 'POST',
    doors: ['local'],
    respond: (service) =>
      service.trial() ? json(202, { asked: true }) : json(503, { error: 'there is no session to the control plane' }),
  },
  '/drain': {
    method: 'POST',
    doors: ['local'],
    respond: (service) => {
      service.drain()
      return json(202, { draining: true })
    },
  },
}

/** A page in a browser of this host comes to a loopback port under a name of its own (DNS rebinding); whoever watches does not. */
const ofThisHost = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i

export type LocalRequest = { readonly method: string; readonly path: string; readonly host: string }

export function answerTo(request: LocalRequest, door: Door, service: LocalService): LocalAnswer {
  if (door !== 'local' && !ofThisHost.test(request.host)) return json(421, { error: 'ask for it at 127.0.0.1' })
  const route = Object.hasOwn(routes, request.path) ? routes[request.path] : undefined
  if (route === undefined || !route.doors.includes(door)) return json(404, { error: 'there is nothing here' })
  if (route.method !== request.method) return json(405, { error: `this is for ${route.method}` })
  return route.respond(service)
}

function health({ live, ready, reasons, warnings }: AgentStatus, asked: 'live' | 'ready'): LocalAnswer {
  const isGood = asked === 'live' ? live : ready
  return json(isGood ? 200 : 503, { live, ready, reasons, warnings })
}

function json(status: number, value: unknown): LocalAnswer {
  return { status, type: 'application/json', body: JSON.stringify(value) }
}
