// Owns a group's direct members, its effective membership, and a user's groups (JumpCloud reference 7.2).

import { z } from 'zod'
import { type Answer, noContent, notFound, refuse } from '../http/answer.ts'
import { bodyOf, type Call, mutated } from '../http/call.ts'
import { listV2 } from '../http/list.ts'
import type { Route } from '../http/router.ts'
import type { JsonObject } from '../json.ts'
import { memberOf, membership } from '../state/graph.ts'
import type { UserGroup } from '../state/tenant.ts'
import { emitMembership } from './emit.ts'

const MemberOperation = z.object({
  op: z.enum(['add', 'remove', 'update']),
  type: z.literal('user'),
  id: z.string(),
})

export const userGroupMemberRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v2/usergroups/:id/members',
    scopes: ['users', 'users.readonly'],
    handle: listMembers,
  },
  { method: 'POST', path: '/api/v2/usergroups/:id/members', scopes: ['groups'], handle: changeMember },
  {
    method: 'GET',
    path: '/api/v2/usergroups/:id/membership',
    scopes: ['users', 'users.readonly'],
    handle: (call) => {
      if (call.tenant.groups.get(call.id) === undefined) throw notFound()
      return listGraph(call, membership(call.tenant, call.id))
    },
  },
  {
    method: 'GET',
    path: '/api/v2/users/:id/memberof',
    scopes: ['groups', 'groups.readonly'],
    handle: (call) => listGraph(call, memberOf(call.tenant, call.id)),
  },
]

export function listGraph(call: Call, rows: readonly JsonObject[]): Answer {
  return listV2(call, {
    rows,
    asFiltered: ({ id, type }) => ({ object_id: id, type, id }),
    show: (row) => row,
  })
}

function listMembers(call: Call): Answer {
  const { tenant, id } = call
  if (tenant.groups.get(id) === undefined) throw notFound()
  const rows = tenant.members.targets(id).map((userId) => ({ userId }))
  const show = ({ userId }: { userId: string }): JsonObject => ({
    attributes: null,
    to: { attributes: null, id: userId, type: 'user' },
  })
  return listV2(call, { rows, asFiltered: (row) => row, show, isPlain: true })
}

function changeMember(call: Call): Answer {
  const { tenant, id } = call
  const group = tenant.groups.get(id)
  if (group === undefined) throw refuse(400, { error: 'INVALID_ARGUMENT', message: 'user_group not found' })
  const operation = bodyOf(call, MemberOperation)
  if (tenant.users.get(operation.id) === undefined) throw notFound()
  if (operation.op === 'update') return updateMember(call, group, operation.id)
  const isFrozen = tenant.isDynamic(group) && !tenant.isExempt(group, operation.id)
  const applied = !isFrozen && edit(call, operation.op, operation.id)
  mutated(call, { kind: 'member', op: operation.op, applied, groupId: id, userId: operation.id })
  if (isFrozen) return noContent
  if (!applied) throw operation.op === 'add' ? refuse(409, { message: 'Already Exists' }) : notFound()
  emitMembership(call, operation.op, group, operation.id)
  return noContent
}

function edit({ tenant, id }: Call, op: 'add' | 'remove', userId: string): boolean {
  return op === 'add' ? tenant.members.add(id, userId) : tenant.members.remove(id, userId)
}

/** Attributes of a user's membership are not kept, so an update only has to find the member. */
function updateMember({ tenant }: Call, group: UserGroup, userId: string): Answer {
  if (!tenant.members.has(group.id, userId)) throw notFound()
  return noContent
}
