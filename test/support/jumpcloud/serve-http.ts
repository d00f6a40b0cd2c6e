// Owns the listening socket: each request is read, recorded, taken past the levers, answered and recorded again.

import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { presentedSecret } from './http/authenticate.ts'
import { type ReceivedRequest, receive } from './http/receive.ts'
import { send } from './http/send.ts'
import type { LeverBoard } from './levers/lever-board.ts'
import { respond } from './respond.ts'
import type { RecordedRequest } from './state/recording.ts'
import type { World } from './state/world.ts'

export function serveHttp(world: World, levers: LeverBoard): Server {
  return createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    exchange({ world, levers, incoming, response }).catch((error) => {
      if (!incoming.socket.destroyed) world.recording.defects.push(error)
      incoming.socket.destroy()
    })
  })
}

interface Exchange {
  readonly world: World
  readonly levers: LeverBoard
  readonly incoming: IncomingMessage
  readonly response: ServerResponse
}

async function exchange({ world, levers, incoming, response }: Exchange): Promise<void> {
  const request = await receive(incoming, randomUUID())
  const serve = levers.around(request, async (received) => respond(world, received))
  world.recording.begin(describe(world, request))
  const hangUp = (): void => world.recording.settle(request.id, { outcome: 'aborted' })
  response.once('close', hangUp)
  const answer = await serve(request)
  response.off('close', hangUp)
  if (response.destroyed) return
  await send({ answer, request, response, timers: world.timers })
  const { how } = answer.delivery ?? { how: 'whole' }
  const isReset = how === 'reset' || how === 'cut'
  const hasGone = response.destroyed && !response.writableFinished
  world.recording.settle(request.id, {
    status: how === 'reset' ? null : answer.status,
    outcome: isReset ? 'reset' : hasGone ? 'aborted' : 'answered',
  })
}

function describe(world: World, request: ReceivedRequest): RecordedRequest {
  const secret = presentedSecret(request)
  return {
    id: request.id,
    at: world.now(),
    method: request.method,
    path: request.path,
    query: Object.fromEntries(request.query),
    headers: Object.keys(request.headers).sort(),
    keyId: secret === undefined ? null : (world.keyRing.find(secret)?.id ?? null),
    organizationId: request.headers['x-org-id'] ?? null,
    status: null,
    outcome: 'pending',
  }
}
