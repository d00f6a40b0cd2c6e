// Owns `/api/systemusers` (JumpCloud reference 6).

import { z } from 'zod'
import { type Answer, notFound, ok, refuse } from '../http/answer.ts'
import { bodyOf, type Call, mutated } from '../http/call.ts'
import { listV1 } from '../http/list.ts'
import type { Route } from '../http/router.ts'
import type { JsonObject } from '../json.ts'
import { blankUser } from '../seed/blank-user.ts'
import type { User } from '../state/tenant.ts'
import { changesBetween, createdChanges, emit } from './emit.ts'
import { applyRules } from './rule-changes.ts'

const known = {
  username: z.string().min(1).max(1024),
  email: z.string().min(3).max(1024),
  state: z.enum(['STAGED', 'ACTIVATED', 'SUSPENDED']).optional(),
  suspended: z.boolean().optional(),
  manager: z.string().optional(),
  password: z.unknown().optional(),
}
const NewUser = z.object(known).catchall(z.json())
const UserChange = z.object(known).partial().catchall(z.json())
type UserChange = z.infer<typeof UserChange>

const READ = ['commandrunner.legacy', 'users', 'users.readonly']

export const systemUserRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/systemusers',
    scopes: READ,
    handle: (call) => listV1(call, searched(call.tenant.users.all, call.request.query.get('search'))),
  },
  { method: 'POST', path: '/api/systemusers', scopes: ['users', 'users.create'], handle: createUser },
  {
    method: 'GET',
    path: '/api/systemusers/:id',
    scopes: ['users', 'users.readonly'],
    handle: (call) => ok(userOf(call)),
  },
  { method: 'PUT', path: '/api/systemusers/:id', scopes: ['users', 'users.properties.update'], handle: updateUser },
  { method: 'DELETE', path: '/api/systemusers/:id', scopes: ['users', 'users.delete'], handle: deleteUser },
]

function userOf({ tenant, id }: Call): User {
  const user = tenant.users.get(id)
  if (user === undefined) throw notFound()
  return user
}

const SEARCHED = ['username', 'email', 'firstname', 'lastname', 'displayname'] as const

function searched(users: readonly User[], term: string | null): readonly User[] {
  if (term === null || term === '') return users
  const wanted = term.toLowerCase()
  return users.filter((user) =>
    SEARCHED.some((field) =>
      String(user[field] ?? '')
        .toLowerCase()
        .includes(wanted),
    ),
  )
}

function createUser(call: Call): Answer {
  const { tenant, world } = call
  const body = bodyOf(call, NewUser)
  const isTaken = tenant.users.all.some(({ username, email }) => username === body.username || email === body.email)
  if (isTaken) throw refuse(world.dialect.duplicateUserStatus, { message: 'User already exists' })
  const id = tenant.newId(world.now())
  const blank = blankUser({
    id,
    username: body.username,
    email: body.email,
    created: new Date(world.now()).toISOString(),
  })
  const user = merge(blank, body)
  tenant.users.insert(user)
  mutated(call, { kind: 'user', op: 'create', applied: true, userId: id })
  emit(call, { type: 'user_create', about: about(user, createdChanges(user, ['username', 'email', 'state'])) })
  applyRules(call)
  return ok(user)
}

/** Partial at the top level; arrays that are sent replace the old ones whole (reference 6.1 [C]). */
function updateUser(call: Call): Answer {
  const before = userOf(call)
  const user = merge(before, bodyOf(call, UserChange))
  call.tenant.users.replace(user)
  mutated(call, { kind: 'user', op: 'update', applied: true, userId: user.id })
  emit(call, { type: 'user_update', about: about(user, changesBetween(before, user)) })
  applyRules(call)
  return ok(user)
}

function deleteUser(call: Call): Answer {
  const user = userOf(call)
  const reports = call.tenant.users.all.filter(({ manager }) => manager === user.id)
  if (reports.length > 0 && call.request.query.get('cascade_manager') !== 'null') {
    throw refuse(409, { message: 'the user is the manager of other users' })
  }
  for (const { manager: _, ...report } of reports) call.tenant.users.replace(report)
  call.tenant.deleteUser(user.id)
  mutated(call, { kind: 'user', op: 'delete', applied: true, userId: user.id })
  emit(call, { type: 'user_delete', about: about(user, []) })
  return ok(user)
}

const about = ({ id, username }: User, changes: readonly JsonObject[]): JsonObject => ({
  resource: { id, type: 'user', username },
  changes,
})

/** `state` and `suspended` say the same; a pair that disagrees is refused, a lone one sets the other. */
function merge(before: User, { password: _, ...change }: UserChange): User {
  const { state, suspended } = change
  if (state !== undefined && suspended !== undefined && (state === 'SUSPENDED') !== suspended) {
    const pair = `(state=${state} suspended=${suspended})`
    throw refuse(400, { message: `Cannot save conflicting state and suspended fields. ${pair}` })
  }
  const unsuspended = before.state === 'SUSPENDED' ? 'ACTIVATED' : before.state
  const next = state ?? (suspended === undefined ? before.state : suspended ? 'SUSPENDED' : unsuspended)
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
  return { ...before, ...given, id: before.id, _id: before.id, state: next, suspended: next === 'SUSPENDED' }
}
