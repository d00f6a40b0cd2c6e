// Owns the order in which a request is judged: credential, organisation, route, role, then the route's own validation
// and action (JumpCloud reference 20).

import { type Answer, Refusal, refuse } from './http/answer.ts'
import { authenticate } from './http/authenticate.ts'
import { chooseOrganizations } from './http/choose-organizations.ts'
import type { ReceivedRequest } from './http/receive.ts'
import { grantToken, TOKEN_PATH } from './resources/oauth-token.ts'
import { findRoute } from './routes.ts'
import { roleGrants } from './state/role.ts'
import type { World } from './state/world.ts'

export function respond(world: World, request: ReceivedRequest): Answer {
  try {
    return serve(world, request)
  } catch (error) {
    if (error instanceof Refusal) return error.answer
    world.recording.defects.push(error)
    return { status: 500, json: { message: 'the simulator itself failed' } }
  }
}

function serve(world: World, request: ReceivedRequest): Answer {
  if (request.method === 'POST' && request.path === TOKEN_PATH) return grantToken(world, request)
  const found = findRoute(request.method, request.path)
  const grant = authenticate(world, request)
  const tenants = chooseOrganizations({ world, request, grant, route: found?.route })
  if (found === undefined) throw refuse(404, { message: 'Not Found' })
  const { route, id } = found
  if (!roleGrants(grant.role, route.scopes)) throw refuse(403, { message: 'Forbidden' })
  return route.handle({ world, request, grant, id, tenants, tenant: tenants[0] })
}
