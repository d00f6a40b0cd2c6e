// Owns small questions that the simulator's tests ask of a seeded tenant.

import type { JumpCloud } from '../jumpcloud/start.ts'
import type { Tenant, User, UserGroup } from '../jumpcloud/state/tenant.ts'

export const UNKNOWN_ID = 'f'.repeat(24)

export function staticGroup({ tenant }: JumpCloud): UserGroup {
  return found(tenant.groups.all.find((group) => group.name !== 'All Users' && !tenant.isDynamic(group)))
}

export function dynamicGroup({ tenant }: JumpCloud): UserGroup {
  return found(tenant.groups.all.find((group) => tenant.isDynamic(group)))
}

export function memberOf({ tenant }: JumpCloud, group: UserGroup): User {
  return found(tenant.users.get(tenant.members.targets(group.id)[0] ?? ''))
}

export function outsiderOf({ tenant }: JumpCloud, group: UserGroup): User {
  return found(tenant.users.all.find(({ id }) => !tenant.members.has(group.id, id)))
}

export function firstApplication({ tenant }: JumpCloud): Tenant['applications']['all'][number] {
  return found(tenant.applications.all[0])
}

export function found<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('the seeded tenant lacks what this test needs')
  return value
}
