// Owns the rules of `x-org-id` (JumpCloud reference 2.4 [S]). An empty header counts as none (2.4 [R]).

import { isIdentifier } from '../state/identifier.ts'
import type { Grant } from '../state/key-ring.ts'
import type { Tenant } from '../state/tenant.ts'
import type { World } from '../state/world.ts'
import { refuse } from './answer.ts'
import { isInsights } from './authenticate.ts'
import type { ReceivedRequest } from './receive.ts'
import type { Route } from './router.ts'

interface Choice {
  readonly world: World
  readonly request: ReceivedRequest
  readonly grant: Grant
  readonly route: Route | undefined
}

type Tenants = readonly [Tenant, ...Tenant[]]

export function chooseOrganizations({ world, request, grant, route }: Choice): Tenants {
  const wanted = (request.headers['x-org-id'] ?? '').split(',').map((id) => id.trim())
  const ids = wanted.filter((id) => id !== '')
  if (!ids.every(isIdentifier)) throw refuse(400, { message: 'x-org-id is not a valid organization id' })
  const own = world.tenants.filter(({ id }) => grant.organizationIds.includes(id))
  if (ids.length === 0) return withoutHeader({ own, grant, request, route, world })
  if (!ids.every((id) => own.some((tenant) => tenant.id === id))) throw refuse(404, { message: 'Not Found' })
  if (route?.organization === 'refused') throw refuse(403, { message: 'Forbidden' })
  if (ids.length > 1 && route?.organization !== 'many')
    throw refuse(400, { message: 'x-org-id names several organizations' })
  return atLeastOne(own.filter(({ id }) => ids.includes(id)))
}

interface Headerless {
  readonly world: World
  readonly own: readonly Tenant[]
  readonly grant: Grant
  readonly request: ReceivedRequest
  readonly route: Route | undefined
}

/** A service account must always name the organisation to Insights (seen in JumpCloud's own serverless exporter). */
function withoutHeader({ own, grant, request, route, world }: Headerless): Tenants {
  if (grant.kind === 'service_account' && isInsights(request.path)) {
    throw refuse(400, { message: 'x-org-id is required' })
  }
  if (own.length > 1 && route?.organization !== 'refused') {
    if (world.dialect.withoutOrganization === 'first') return atLeastOne(own.slice(0, 1))
    throw refuse(401, { error: 'Unauthorized', message: 'Unauthorized: x-org-id is required' })
  }
  return atLeastOne(own)
}

function atLeastOne([first, ...rest]: readonly Tenant[]): Tenants {
  if (first === undefined) throw refuse(404, { message: 'Not Found' })
  return [first, ...rest]
}
