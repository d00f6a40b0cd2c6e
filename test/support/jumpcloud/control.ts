// Owns steering a simulator from another process: its record, its state and its levers, on a port of their own,
// so that no path of JumpCloud's is taken.
//
//   GET /requests · GET /mutations · GET /state · PUT /dialect {…}
//   POST /keys {"name": "new"} → {"key": "…"}
//   POST /levers {"lever": "serverError", "options": {…}} → {"id": 1}
//   POST /levers/1/release · POST /levers/1/apply (late writes land)

import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Dialect } from './dialect.ts'
import { type ReceivedRequest, receive } from './http/receive.ts'
import type { Lever } from './levers/lever.ts'
import type { JumpCloud } from './start.ts'

export interface Control extends AsyncDisposable {
  readonly url: string
}

export async function startControl(jumpcloud: JumpCloud): Promise<Control> {
  const desk = createDesk(jumpcloud)
  const server = createServer(async (incoming, response) => {
    try {
      reply(response, 200, await desk(await receive(incoming, '')))
    } catch (error) {
      reply(response, 400, { message: error instanceof Error ? error.message : String(error) })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const PullLever = z.strictObject({ lever: z.string(), options: z.unknown().default({}) })

const NewKey = z.strictObject({ name: z.string() })

const DialectChange = z.strictObject({
  totalCountHeader: z.boolean().optional(),
  filters: z.enum(['applied', 'ignored']).optional(),
  ingestDelayMs: z.number().optional(),
  insightsPageLimit: z.number().optional(),
})

type Desk = (request: ReceivedRequest) => Promise<unknown>

function createDesk(jumpcloud: JumpCloud): Desk {
  const levers: Lever[] = []
  return async ({ method, path, body }) => {
    const [, id, action] = /^\/levers\/(\d+)\/(release|apply)$/.exec(path) ?? []
    if (action !== undefined) return act(levers[Number(id) - 1], action)
    switch (`${method} ${path}`) {
      case 'GET /requests':
        return jumpcloud.requests
      case 'GET /mutations':
        return jumpcloud.mutations
      case 'GET /state':
        return describeState(jumpcloud)
      case 'PUT /dialect':
        return Object.assign<Dialect, object>(jumpcloud.dialect, DialectChange.parse(JSON.parse(body)))
      case 'POST /keys':
        return { key: jumpcloud.issue(NewKey.parse(JSON.parse(body))).secret }
      case 'POST /levers': {
        const { lever, options } = PullLever.parse(JSON.parse(body))
        return { id: levers.push(jumpcloud.pull(lever, options)) }
      }
      default:
        throw new Error(`there is no ${method} ${path}`)
    }
  }
}

async function act(lever: Lever | undefined, action: string): Promise<object> {
  if (lever === undefined) throw new Error('there is no such lever')
  if (action === 'release') lever.release()
  else if ('apply' in lever && typeof lever.apply === 'function') await lever.apply()
  return { used: lever.used() }
}

function describeState({ tenants }: JumpCloud): object {
  const organizations = tenants.map((tenant) => ({
    id: tenant.id,
    users: tenant.users.all.map(({ id, username, state }) => ({ id, username, state })),
    groups: tenant.groups.all.map(({ id, name, membershipMethod }) => {
      return { id, name, membershipMethod, members: tenant.members.targets(id) }
    }),
    applicationCount: tenant.applications.size,
    eventCount: tenant.events.all.length,
  }))
  return { organizations }
}
