// Owns putting a row into, and taking one out of, the middle of any listing, the way another administrator would.

import {
  makeAdministrator,
  makeApplication,
  makeGroup,
  makeSystem,
  makeSystemGroup,
  makeUser,
} from '../seed/seed-rows.ts'
import { identifierBefore } from '../state/identifier.ts'
import type { OrderedRows } from '../state/ordered-rows.ts'
import type { Mutation } from '../state/recording.ts'
import type { Row, Tenant } from '../state/tenant.ts'

type Change = Omit<Mutation, 'at' | 'requestId' | 'applied' | 'op'>

export interface Listing {
  readonly insert: (position: number) => Change
  readonly remove: (position: number) => Change
}

/** Numbers of rows made while the simulator runs start here, far from those of the seed. */
const LATER = 1_000_000

export function listingAt(tenant: Tenant, path: string): Listing {
  const members = /^\/api\/v2\/usergroups\/([^/]+)\/members$/.exec(path)
  if (members?.[1] !== undefined) return memberListing(tenant, members[1])
  const make = MAKERS[path]?.(tenant)
  if (make === undefined) throw new Error(`simulator: rows cannot be put into ${path}`)
  return make
}

const MAKERS: Readonly<Record<string, (tenant: Tenant) => Listing>> = {
  '/api/systemusers': (tenant) => ({
    insert: (position) => ({ kind: 'user', userId: put(tenant.users, makeUser(tenant, later(tenant)), position) }),
    remove: (position) => {
      const userId = idAt(tenant.users, position)
      tenant.deleteUser(userId)
      return { kind: 'user', userId }
    },
  }),
  '/api/v2/usergroups': (tenant) => ({
    insert: (position) => ({ kind: 'group', groupId: put(tenant.groups, makeGroup(tenant, later(tenant)), position) }),
    remove: (position) => {
      const groupId = idAt(tenant.groups, position)
      tenant.deleteGroup(groupId)
      return { kind: 'group', groupId }
    },
  }),
  '/api/applications': (tenant) => rowListing(tenant, tenant.applications, makeApplication),
  '/api/users': (tenant) => rowListing(tenant, tenant.administrators, makeAdministrator),
  '/api/systems': (tenant) => rowListing(tenant, tenant.systems, makeSystem),
  '/api/v2/systemgroups': (tenant) => rowListing(tenant, tenant.systemGroups, makeSystemGroup),
}

const later = (tenant: Tenant): number => LATER + tenant.draw.integer(LATER)

function rowListing(tenant: Tenant, rows: OrderedRows<Row>, make: (tenant: Tenant, number: number) => Row): Listing {
  return {
    insert: (position) => ({ kind: 'row', targetId: put(rows, make(tenant, later(tenant)), position) }),
    remove: (position) => {
      const targetId = idAt(rows, position)
      rows.delete(targetId)
      return { kind: 'row', targetId }
    },
  }
}

function memberListing(tenant: Tenant, groupId: string): Listing {
  return {
    insert: (position) => {
      const outsider = tenant.users.all.find(({ id }) => !tenant.members.has(groupId, id))
      if (outsider === undefined) throw new Error('simulator: everybody is in this group already')
      tenant.members.add(groupId, outsider.id, position)
      return { kind: 'member', groupId, userId: outsider.id }
    },
    remove: (position) => {
      const userId = tenant.members.targets(groupId)[position] ?? nothingAt(position)
      tenant.members.remove(groupId, userId)
      return { kind: 'member', groupId, userId }
    },
  }
}

/** Gives the row an id that sorts where it is put, so that `sort=_id` sees it in the same place. */
function put<Kind extends Row>(rows: OrderedRows<Kind>, row: Kind, position: number): string {
  const next = rows.all[position]
  const id = next === undefined ? row.id : identifierBefore(next.id)
  rows.insert('_id' in row ? { ...row, id, _id: id } : { ...row, id }, position)
  return id
}

function idAt(rows: OrderedRows<Row>, position: number): string {
  return rows.all[position]?.id ?? nothingAt(position)
}

function nothingAt(position: number): never {
  throw new Error(`simulator: there is no row at ${position} to delete`)
}
