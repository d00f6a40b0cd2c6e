// Who and what there is in the simulated JumpCloud of a world, by the places that a schedule names.

import type { JumpCloud } from '../support/jumpcloud/start.ts'
import { type Ask, isMemberAtFirst, type Size } from './submission.ts'

export type Directory = {
  /** Ids, by place. */
  readonly users: readonly string[]
  /** Groups that runs may name, by place. */
  readonly groups: readonly string[]
  /** Every group, those that no run names included. */
  readonly allGroups: readonly string[]
  isMemberAtFirst(userId: string): boolean
  /** Of the run that is asked for. */
  paramsOf(ask: Ask): Readonly<Record<string, unknown>>
}

/** Makes every group that runs may name begin as `isMemberAtFirst` says. */
export function arrangeDirectory({ tenant }: JumpCloud, { groupCount }: Size): Directory {
  const users = tenant.users.all.map(({ id }) => id)
  const allGroups = tenant.groups.all.map(({ id }) => id)
  // The first is that of everybody.
  const groups = tenant.groups.all.filter((group, place) => place > 0 && !tenant.isDynamic(group)).map(({ id }) => id)
  if (groups.length !== groupCount) throw new Error(`the directory has ${groups.length} groups, not ${groupCount}`)
  for (const group of groups) {
    for (const [place, user] of users.entries()) {
      if (isMemberAtFirst(place)) tenant.members.add(group, user)
      else tenant.members.remove(group, user)
    }
  }
  const placeOf = new Map(users.map((id, place) => [id, place]))

  return {
    users,
    groups,
    allGroups,
    isMemberAtFirst: (userId) => isMemberAtFirst(placeOf.get(userId) ?? nothingAt(-1)),
    paramsOf: (ask) => paramsOf({ users, groups }, ask),
  }
}

export function paramsOf({ users, groups }: Pick<Directory, 'users' | 'groups'>, ask: Ask) {
  if (!('group' in ask)) return {}
  const nameOf = (list: readonly string[], place: number) => list[place] ?? nothingAt(place)
  const groupId = nameOf(groups, ask.group)
  return 'users' in ask ? { groupId, userIds: ask.users.map((user) => nameOf(users, user)) } : { groupId }
}

function nothingAt(place: number): never {
  throw new Error(`there is nothing at place ${place} of the directory`)
}
