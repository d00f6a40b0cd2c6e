// Owns how large a seeded organisation is and who belongs where. The same options give the same tenant.

import { createDraw } from '../random.ts'
import { createIdentifiers } from '../state/identifier.ts'
import { type Organization, Tenant } from '../state/tenant.ts'
import { DEPARTMENTS } from './invented-names.ts'
import { seedEvents } from './seed-events.ts'
import { makeAdministrator, makeApplication, makeGroup, makeSystem, makeSystemGroup, makeUser } from './seed-rows.ts'

export interface TenantSize {
  readonly users: number
  /** All user groups, "All Users" and the dynamic ones included. */
  readonly groups: number
  readonly dynamicGroups: number
  /** So many groups hold the group after them, which makes direct and effective membership differ. */
  readonly nestedGroups: number
  readonly membersPerGroup: number
  readonly applications: number
  readonly administrators: number
  readonly systems: number
  readonly systemGroups: number
  readonly events: number
  /** Seeded events happened within so long before the start. */
  readonly eventSpanMs: number
}

export const DEFAULT_SIZE: TenantSize = {
  users: 250,
  groups: 20,
  dynamicGroups: 2,
  nestedGroups: 0,
  membersPerGroup: 12,
  applications: 6,
  administrators: 3,
  systems: 8,
  systemGroups: 3,
  events: 120,
  eventSpanMs: 7 * 24 * 3600 * 1000,
}

interface Seeding {
  readonly seed: string | number
  readonly number: number
  readonly now: number
  readonly size: TenantSize
}

export function seedTenant({ seed, number, now, size }: Seeding): Tenant {
  const draw = createDraw(`${seed}/${number}`)
  const tenant = new Tenant(makeOrganization(createIdentifiers(draw), number), draw)
  for (let n = 0; n < size.users; n += 1) tenant.users.insert(makeUser(tenant, n))
  for (let n = 0; n < size.applications; n += 1) tenant.applications.insert(makeApplication(tenant, n))
  for (let n = 0; n < size.administrators; n += 1) tenant.administrators.insert(makeAdministrator(tenant, n))
  for (let n = 0; n < size.systems; n += 1) tenant.systems.insert(makeSystem(tenant, n))
  for (let n = 0; n < size.systemGroups; n += 1) tenant.systemGroups.insert(makeSystemGroup(tenant, n))
  seedGroups(tenant, size)
  bindApplications(tenant)
  tenant.applyMemberQueries()
  seedEvents({ tenant, now, size })
  return tenant
}

function makeOrganization(newId: (atMs: number) => string, number: number): Organization {
  const created = '2024-01-02T03:04:05.678Z'
  const id = newId(Date.parse(created))
  return {
    _id: id,
    id,
    displayName: `Example Works ${number + 1}`,
    logoUrl: null,
    created,
    settings: {
      requireAdminMFA: true,
      passwordCompliance: 'custom',
      passwordPolicy: { enableMinLength: true, minLength: 12 },
      features: { directoryInsights: { enabled: true } },
    },
  }
}

function seedGroups(tenant: Tenant, { groups, dynamicGroups, nestedGroups, membersPerGroup }: TenantSize): void {
  const firstDynamic = groups - dynamicGroups
  for (let n = 0; n < groups; n += 1) {
    if (n === 0) tenant.groups.insert(makeGroup(tenant, n, { name: 'All Users' }))
    else if (n < firstDynamic) tenant.groups.insert(makeGroup(tenant, n))
    else tenant.groups.insert(makeDynamicGroup(tenant, n))
  }
  const [allUsers, ...others] = tenant.groups.all.filter((group) => !tenant.isDynamic(group))
  if (allUsers !== undefined) for (const { id } of tenant.users.all) tenant.members.add(allUsers.id, id)
  for (const group of others) drawMembers(tenant, group.id, membersPerGroup)
  others.slice(0, nestedGroups).forEach((parent, position) => {
    const child = others[position + 1]
    if (child !== undefined) tenant.subgroups.add(parent.id, child.id)
  })
}

function makeDynamicGroup(tenant: Tenant, number: number) {
  const value = DEPARTMENTS[number % DEPARTMENTS.length] ?? DEPARTMENTS[0]
  return makeGroup(tenant, number, {
    name: `Everyone in ${value} ${number}`,
    membershipMethod: 'DYNAMIC_AUTOMATED',
    memberQuery: { queryType: 'FilterQuery', filters: [{ field: 'department', operator: 'eq', value }] },
  })
}

function drawMembers(tenant: Tenant, groupId: string, count: number): void {
  const users = tenant.users.all
  const wanted = Math.min(count, users.length)
  while (tenant.members.targets(groupId).length < wanted) {
    const user = users[tenant.draw.integer(users.length)]
    if (user !== undefined) tenant.members.add(groupId, user.id)
  }
}

/** Every application is bound to one group and, directly, to one user. */
function bindApplications(tenant: Tenant): void {
  tenant.applications.all.forEach(({ id }, position) => {
    const group = tenant.groups.all[1 + (position % Math.max(1, tenant.groups.size - 1))]
    const user = tenant.users.all[position % Math.max(1, tenant.users.size)]
    if (group !== undefined) tenant.bindings.add(id, group.id)
    if (user !== undefined) tenant.bindings.add(id, user.id)
  })
}
