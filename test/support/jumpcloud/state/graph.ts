// Owns walking the graph: who is in a group, and what a user is in, with every path (JumpCloud reference 8 [S]).
// One hop is a direct edge; more hops go through nested groups.

import type { JsonObject } from '../json.ts'
import type { Tenant } from './tenant.ts'

export type GraphObjectWithPaths = JsonObject & { readonly id: string; readonly type: string }

type Hop = JsonObject & { readonly to: JsonObject }
type Path = readonly Hop[]

const userHop = (id: string): Hop => ({ attributes: null, to: { attributes: null, id, type: 'user' } })

function groupHop(tenant: Tenant, id: string): Hop {
  return { attributes: null, to: { attributes: tenant.groups.get(id)?.attributes ?? null, id, type: 'user_group' } }
}

class Paths {
  readonly #byId = new Map<string, Path[]>()

  add(id: string, path: Path): void {
    const paths = this.#byId.get(id)
    if (paths === undefined) this.#byId.set(id, [path])
    else paths.push(path)
  }

  rows(
    type: string,
    compiledAttributes: (paths: readonly Path[]) => JsonObject | null,
  ): readonly GraphObjectWithPaths[] {
    return [...this.#byId].map(([id, paths]) => ({ id, type, compiledAttributes: compiledAttributes(paths), paths }))
  }
}

/** Every user of a group, its nested groups included. */
export function membership(tenant: Tenant, groupId: string): readonly GraphObjectWithPaths[] {
  const found = new Paths()
  collectUsers({ tenant, groupId, walked: [], found })
  return found.rows('user', () => null)
}

/** Every group of a user; an unknown user simply has none. */
export function memberOf(tenant: Tenant, userId: string): readonly GraphObjectWithPaths[] {
  const found = new Paths()
  for (const groupId of tenant.members.sources(userId)) collectGroups({ tenant, groupId, walked: [], found })
  return found.rows('user_group', () => null)
}

export function applicationUsers(tenant: Tenant, applicationId: string): readonly GraphObjectWithPaths[] {
  const found = new Paths()
  for (const id of tenant.bindings.targets(applicationId)) {
    if (tenant.users.get(id) !== undefined) found.add(id, [userHop(id)])
    else collectUsers({ tenant, groupId: id, walked: [groupHop(tenant, id)], found })
  }
  return found.rows('user', mergedAttributes)
}

export function applicationGroups(tenant: Tenant, applicationId: string): readonly GraphObjectWithPaths[] {
  const found = new Paths()
  for (const id of tenant.bindings.targets(applicationId)) {
    if (tenant.groups.get(id) !== undefined) found.add(id, [groupHop(tenant, id)])
  }
  return found.rows('user_group', mergedAttributes)
}

interface Walk {
  readonly tenant: Tenant
  readonly groupId: string
  readonly walked: Path
  readonly found: Paths
}

const hasWalked = (path: Path, id: string): boolean => path.some(({ to }) => to.id === id)

function collectUsers({ tenant, groupId, walked, found }: Walk): void {
  for (const userId of tenant.members.targets(groupId)) found.add(userId, [...walked, userHop(userId)])
  for (const childId of tenant.subgroups.targets(groupId)) {
    if (hasWalked(walked, childId)) continue
    collectUsers({ tenant, groupId: childId, walked: [...walked, groupHop(tenant, childId)], found })
  }
}

function collectGroups({ tenant, groupId, walked, found }: Walk): void {
  if (hasWalked(walked, groupId)) return
  const path = [...walked, groupHop(tenant, groupId)]
  found.add(groupId, path)
  for (const parentId of tenant.subgroups.sources(groupId)) {
    collectGroups({ tenant, groupId: parentId, walked: path, found })
  }
}

function mergedAttributes(paths: readonly Path[]): JsonObject | null {
  const merged: JsonObject = Object.assign({}, ...paths.flat().map(({ to }) => to.attributes))
  return Object.keys(merged).length === 0 ? null : merged
}
