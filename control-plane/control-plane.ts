// The control plane as a library: attach `handle` and `upgrade` to any Node HTTP server. It owns no socket and no store.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { SallyportError } from '@sallyport/protocol'
import { type Administration, createAdministration } from './audit/administration.ts'
import { type AgentClient, createAgentClient } from './client/agent-client.ts'
import type { Transport } from './client/transport.ts'
import { createEnrolment } from './enrolment/enrolment.ts'
import { createGateway, type Gateway } from './gateway/gateway.ts'
import { createApp } from './http/app.ts'
import type { Signer } from './keys/signer.ts'
import { atMost } from './ports/at-most.ts'
import { type Clock, systemClock } from './ports/clock.ts'
import { type Log, silentLog } from './ports/log.ts'
import { type Random, systemRandom } from './ports/random.ts'
import { createRuns, type OpenRuns } from './runs/runs.ts'
import type { Store } from './store/store.ts'
import { createTokens } from './tokens/tokens.ts'

export { createFileSigner } from './keys/file-signer.ts'
export { readOrMakePagesKey } from './keys/pages-key.ts'
export type { Signer } from './keys/signer.ts'
export { createPageSeal } from './store/page-seal.ts'
export { type Keep, startPurge } from './store/purge.ts'
export { openSqliteStore } from './store/sqlite.ts'
export type { Store } from './store/store.ts'

export type ControlPlaneOptions = {
  readonly store: Store
  readonly signer: Signer
  readonly clock?: Clock
  readonly random?: Random
  readonly log?: Log
  /** In front of every path, such as `/sallyport`; empty by default. */
  readonly prefix?: string
}

export type ControlPlane = {
  /** Answers where the path is one of its own; false leaves the request to somebody else. */
  handle(req: IncomingMessage, res: ServerResponse): boolean
  /** Takes the socket where the path is that of sessions; false leaves it to somebody else. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean
  /** Runs jobs in this process, without a token; the agent's ledger shows `requester`. */
  agent(name: string, requester?: string): AgentClient
  readonly administration: Administration
  readonly runs: OpenRuns
  readonly sessions: Gateway['sessions']
  /**
   * Ends open streams and sessions, telling the agents when to come back, and waits for requests that are being carried out. The
   * store stays open: it is its owner's.
   */
  close(): Promise<void>
}

/** How long requests that were begun may take when the control plane stops: one whose body never comes must not hold it up. */
const leftoverMs = 2000

/** Throws a `TypeError` for a prefix that is none. */
export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { store, signer, clock = systemClock, random = systemRandom, log = silentLog, prefix = '' } = options
  if (!/^(\/[A-Za-z0-9_-]+)*$/.test(prefix)) {
    throw new TypeError(`createControlPlane: the prefix ${prefix} is neither empty nor of the form /name`)
  }
  const closing = new AbortController()
  const enrolment = createEnrolment({ store, signer, clock, random })
  const tokens = createTokens({ store, clock, random })
  const runs = createRuns({ store, clock, random, log })
  const gateway = createGateway({ store, signer, runs, clock, random, log, prefix })
  const changed = async () => {
    runs.desk.storeChanged()
    await gateway.review()
  }
  const administration = createAdministration({ store, enrolment, tokens, clock, log, changed })
  const services = { store, gateway, administration, tokens, runs, clock, log, prefix, closing: closing.signal }
  const requests = createRequests(createApp(services).fetch)
  const listener = getRequestListener(requests.answer, { overrideGlobalObjects: false })

  return {
    handle(req, res) {
      if (!isOwnPath(req.url ?? '', prefix)) return false
      void listener(req, res)
      return true
    },
    upgrade: gateway.upgrade,
    agent: (name, requester = 'library') => createAgentClient(inProcess(runs, requester), name),
    administration,
    runs,
    sessions: gateway.sessions,
    async close() {
      closing.abort(new SallyportError('plane_error', 'watch: the control plane is stopping'))
      await gateway.close()
      await atMost({ clock, ms: leftoverMs }, requests.over())
      await runs.close()
    },
  }
}

/** Of an answer that is a stream, only its beginning is carried out here: what follows is read. */
function createRequests(fetch: (request: Request) => Response | Promise<Response>) {
  const underWay = new Set<Promise<Response>>()
  return {
    answer: (request: Request) => {
      const answered = Promise.resolve(fetch(request)).finally(() => underWay.delete(answered))
      underWay.add(answered)
      return answered
    },
    over: async () => {
      while (underWay.size > 0) await Promise.allSettled(underWay)
    },
  }
}

const ownPath = /^\/(v1\/|(healthz|readyz|metrics)$)/

function isOwnPath(url: string, prefix: string): boolean {
  const [path = ''] = url.split('?')
  return path.startsWith(prefix) && ownPath.test(path.slice(prefix.length))
}

function inProcess(runs: OpenRuns, requester: string): Transport {
  return {
    submit: async (submission) => (await runs.submit({ ...submission, requester })).run.id,
    watch: runs.watch,
    cancel: async (run) => void (await runs.cancel(requester, run)),
  }
}
