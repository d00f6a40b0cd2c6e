// Owns devices and device groups, read only (JumpCloud reference 7.4, 13.1 [S]).

import { notFound, ok } from '../http/answer.ts'
import type { Call } from '../http/call.ts'
import { listV1, listV2 } from '../http/list.ts'
import type { Route } from '../http/router.ts'
import type { OrderedRows } from '../state/ordered-rows.ts'
import type { Row } from '../state/tenant.ts'

const SYSTEMS = ['systems', 'systems.readonly']
const GROUPS = ['groups', 'groups.readonly']

export const systemRoutes: readonly Route[] = [
  { method: 'GET', path: '/api/systems', scopes: SYSTEMS, handle: (call) => listV1(call, call.tenant.systems.all) },
  { method: 'GET', path: '/api/systems/:id', scopes: SYSTEMS, handle: (call) => one(call, call.tenant.systems) },
  {
    method: 'GET',
    path: '/api/v2/systemgroups',
    scopes: GROUPS,
    handle: (call) => {
      const show = ({ id, name, description, email, type }: Row) => ({ id, name, description, email, type })
      return listV2(call, { rows: call.tenant.systemGroups.all, asFiltered: (row) => row, show })
    },
  },
  {
    method: 'GET',
    path: '/api/v2/systemgroups/:id',
    scopes: GROUPS,
    handle: (call) => one(call, call.tenant.systemGroups),
  },
]

function one({ id }: Call, rows: OrderedRows<Row>) {
  const row = rows.get(id)
  if (row === undefined) throw notFound()
  return ok(row)
}
