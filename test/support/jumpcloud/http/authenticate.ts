// Owns who may enter: API keys and bearer tokens, checked before any path is looked at (JumpCloud reference 2.1 [W], 20).

import type { Grant } from '../state/key-ring.ts'
import type { World } from '../state/world.ts'
import { Refusal, refuse } from './answer.ts'
import type { ReceivedRequest } from './receive.ts'

export function presentedSecret({ headers }: ReceivedRequest): string | undefined {
  const bearer = /^bearer\s+(.+)$/i.exec(headers.authorization ?? '')
  return headers['x-api-key'] || bearer?.[1]
}

/** The client id and secret of HTTP Basic, which only the token endpoint takes. */
export function basicCredential({ headers }: ReceivedRequest): readonly [clientId: string, clientSecret: string] {
  const [, encoded = ''] = /^basic\s+(.+)$/i.exec(headers.authorization ?? '') ?? []
  const [clientId = '', clientSecret = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  return [clientId, clientSecret]
}

export function authenticate(world: World, request: ReceivedRequest): Grant {
  const secret = presentedSecret(request)
  if (secret === undefined && request.headers.authorization === undefined) throw noCredential(request)
  const grant = secret === undefined ? undefined : world.keyRing.find(secret)
  if (secret === undefined || grant === undefined || !world.keyRing.isGood(secret, world.now())) throw badKey(request)
  return grant
}

export const isInsights = (path: string): boolean => path.startsWith('/insights/')

/** The console sends a caller without a key to its login page; what Insights does then is not known, 401 is assumed. */
function noCredential(request: ReceivedRequest): Refusal {
  return isInsights(request.path) ? badKey(request) : new Refusal({ status: 302, headers: { location: '/login' } })
}

function badKey({ path }: ReceivedRequest): Refusal {
  if (isInsights(path)) return refuse(401, { message: 'Unauthorized' })
  return refuse(401, { error: 'Unauthorized', message: 'Unauthorized: api key user not found' })
}
