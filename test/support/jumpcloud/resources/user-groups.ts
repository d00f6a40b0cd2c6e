// Owns user groups as objects (JumpCloud reference 7.1, 7.3). Their members are next door.

import { z } from 'zod'
import { type Answer, noContent, notFound, ok, refuse } from '../http/answer.ts'
import { bodyOf, type Call, mutated } from '../http/call.ts'
import { listV2 } from '../http/list.ts'
import type { Route } from '../http/router.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import type { MemberQueryExemption, UserGroup } from '../state/tenant.ts'
import { changesBetween, createdChanges, emit } from './emit.ts'
import { applyRules } from './rule-changes.ts'

const GroupBody = z.object({
  name: z.string().min(1),
  description: z.string().default(''),
  email: z.string().default(''),
  membershipMethod: z.enum(['NOTSET', 'STATIC', 'DYNAMIC_REVIEW_REQUIRED', 'DYNAMIC_AUTOMATED']).default('STATIC'),
  memberQuery: z.json().optional(),
  memberQueryExemptions: z.array(z.object({ id: z.string(), type: z.string() })).optional(),
  memberSuggestionsNotify: z.boolean().default(false),
  attributes: z.record(z.string(), z.json()).nullish(),
})
type GroupBody = z.infer<typeof GroupBody>

const READ = ['groups', 'groups.readonly']

export const userGroupRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v2/usergroups',
    scopes: READ,
    handle: (call) => listV2(call, { rows: call.tenant.groups.all, asFiltered: (group) => group, show: listItem }),
  },
  { method: 'POST', path: '/api/v2/usergroups', scopes: ['groups'], handle: createGroup },
  { method: 'GET', path: '/api/v2/usergroups/:id', scopes: READ, handle: (call) => ok(groupOf(call)) },
  { method: 'PUT', path: '/api/v2/usergroups/:id', scopes: ['groups'], handle: replaceGroup },
  { method: 'DELETE', path: '/api/v2/usergroups/:id', scopes: ['groups'], handle: deleteGroup },
]

/** A list leaves out everything about membership, so telling a dynamic group apart costs one GET (reference 5.2 [O]). */
const listItem = ({ id, name, description, email, type }: UserGroup): JsonObject => ({
  id,
  name,
  description,
  email,
  type,
})

function groupOf({ tenant, id }: Call): UserGroup {
  const group = tenant.groups.get(id)
  if (group === undefined) throw notFound()
  return group
}

function createGroup(call: Call): Answer {
  const { tenant, world } = call
  const group = build(call, bodyOf(call, GroupBody), tenant.newId(world.now()))
  tenant.groups.insert(group)
  mutated(call, { kind: 'group', op: 'create', applied: true, groupId: group.id })
  emit(call, { type: 'group_create', about: about(group, createdChanges(group, ['name', 'membershipMethod'])) })
  applyRules(call)
  return { status: 201, json: group }
}

function replaceGroup(call: Call): Answer {
  const before = groupOf(call)
  const group = build(call, bodyOf(call, GroupBody), before.id, before)
  call.tenant.groups.replace(group)
  mutated(call, { kind: 'group', op: 'update', applied: true, groupId: group.id })
  emit(call, { type: 'group_update', about: about(group, changesBetween(before, group)) })
  applyRules(call)
  return ok(group)
}

function deleteGroup(call: Call): Answer {
  const group = groupOf(call)
  call.tenant.deleteGroup(group.id)
  mutated(call, { kind: 'group', op: 'delete', applied: true, groupId: group.id })
  emit(call, { type: 'group_delete', about: about(group, []) })
  return call.world.dialect.deletedGroup === 'body' ? ok(group) : noContent
}

const about = ({ id, type, name }: UserGroup, changes: readonly JsonObject[]): JsonObject => ({
  resource: { id, type, name },
  changes,
})

/** A full replacement, but a rule and its exemptions that are left out stay stored (reference 7.3 [O]). */
function build(call: Call, body: GroupBody, id: string, before?: UserGroup): UserGroup {
  const memberQuery: Json = body.memberQuery === undefined ? (before?.memberQuery ?? null) : body.memberQuery
  requireQueryType(call, memberQuery)
  return {
    id,
    type: 'user_group',
    name: body.name,
    description: body.description,
    email: body.email,
    membershipMethod: body.membershipMethod,
    memberQuery,
    memberQueryExemptions: exemptionsOf(call, body) ?? before?.memberQueryExemptions ?? [],
    memberSuggestionsNotify: body.memberSuggestionsNotify,
    memberQueryErrorFlags: [],
    suggestionCounts: { add: 0, remove: 0, total: 0 },
    attributes: attributesOf(body, before),
    organizationObjectId: call.tenant.id,
  }
}

function requireQueryType({ request }: Call, memberQuery: Json): void {
  if (!isJsonObject(memberQuery) || memberQuery.queryType !== undefined) return
  if (request.headers['x-query-dsl'] !== 'v2') throw refuse(400, { message: 'memberQuery.queryType is required' })
}

function exemptionsOf({ tenant }: Call, body: GroupBody): readonly MemberQueryExemption[] | undefined {
  return body.memberQueryExemptions?.map(({ id, type }) => {
    if (type !== 'USER') throw refuse(400, { message: 'member query exemptions must be of type user' })
    if (tenant.users.get(id) === undefined) throw notFound()
    return { id, type, organizationId: tenant.id }
  })
}

/** `ldapGroups` defaults to the group's name and survives a rename; `posixGroups` can never change (reference 7.1 [O]). */
function attributesOf({ name, attributes }: GroupBody, before?: UserGroup): JsonObject {
  const given: JsonObject = attributes ?? {}
  const posix = before?.attributes.posixGroups
  if (posix !== undefined && JSON.stringify(posix) !== JSON.stringify(given.posixGroups)) {
    throw refuse(400, { message: 'existing attribute posixGroups may not be changed' })
  }
  return { ...given, ldapGroups: given.ldapGroups ?? before?.attributes.ldapGroups ?? [{ name }] }
}
