// Owns applications, who may use them, and their bindings (JumpCloud reference 8, 9).

import { z } from 'zod'
import { type Answer, noContent, notFound, ok, refuse } from '../http/answer.ts'
import { bodyOf, type Call, mutated } from '../http/call.ts'
import { listV1, listV2 } from '../http/list.ts'
import type { Route } from '../http/router.ts'
import type { JsonObject } from '../json.ts'
import { applicationGroups, applicationUsers } from '../state/graph.ts'
import type { Row } from '../state/tenant.ts'
import { emitAssociation } from './emit.ts'
import { listGraph } from './user-group-members.ts'

const Association = z.object({ op: z.enum(['add', 'remove', 'update']), type: z.string(), id: z.string() })

const READ = ['applications', 'applications.readonly']
const BOUND = ['associations.applications', 'associations']

export const applicationRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/applications',
    scopes: READ,
    handle: (call) => listV1(call, call.tenant.applications.all),
  },
  { method: 'GET', path: '/api/applications/:id', scopes: READ, handle: (call) => ok(applicationOf(call)) },
  {
    method: 'GET',
    path: '/api/v2/applications/:id/users',
    scopes: ['users', 'users.readonly'],
    handle: (call) => listGraph(call, applicationUsers(call.tenant, applicationOf(call).id)),
  },
  {
    method: 'GET',
    path: '/api/v2/applications/:id/usergroups',
    scopes: ['groups', 'groups.readonly'],
    handle: (call) => listGraph(call, applicationGroups(call.tenant, applicationOf(call).id)),
  },
  {
    method: 'GET',
    path: '/api/v2/applications/:id/associations',
    scopes: [...BOUND, 'associations.applications.readonly', 'associations.readonly'],
    handle: listAssociations,
  },
  { method: 'POST', path: '/api/v2/applications/:id/associations', scopes: BOUND, handle: changeAssociation },
]

function applicationOf({ tenant, id }: Call): Row {
  const application = tenant.applications.get(id)
  if (application === undefined) throw notFound()
  return application
}

/** What an application may be bound to; agent groups are allowed but never exist here (reference 8 [S]). */
const TARGETS: readonly string[] = ['user', 'user_group', 'agent_group']

function requireTarget(type: string | null): void {
  if (type === null || !TARGETS.includes(type)) throw refuse(400, { message: `applications take no target ${type}` })
}

function bound({ tenant }: Call, type: string, id: string): Row | undefined {
  if (type === 'user') return tenant.users.get(id)
  return type === 'user_group' ? tenant.groups.get(id) : undefined
}

function listAssociations(call: Call): Answer {
  const type = call.request.query.get('targets')
  requireTarget(type)
  const targets = call.tenant.bindings.targets(applicationOf(call).id)
  const rows = targets.filter((id) => bound(call, String(type), id) !== undefined).map((id) => ({ id }))
  const show = ({ id }: { id: string }): JsonObject => ({ attributes: null, to: { attributes: null, id, type } })
  return listV2(call, { rows, asFiltered: (row) => row, show, isPlain: true })
}

function changeAssociation(call: Call): Answer {
  const application = applicationOf(call)
  const { op, type, id } = bodyOf(call, Association)
  requireTarget(type)
  const target = bound(call, type, id)
  if (target === undefined) throw notFound()
  if (op === 'update') return noContent
  const { bindings } = call.tenant
  const applied = op === 'add' ? bindings.add(application.id, id) : bindings.remove(application.id, id)
  mutated(call, {
    kind: 'binding',
    op,
    applied,
    targetId: application.id,
    ...(type === 'user' ? { userId: id } : { groupId: id }),
  })
  if (!applied) throw op === 'add' ? refuse(409, { message: 'Already Exists' }) : notFound()
  emitAssociation(call, {
    op,
    from: { type: 'application', id: application.id, name: String(application.displayLabel) },
    to: { type, id, name: String(target.username ?? target.name) },
  })
  return noContent
}
