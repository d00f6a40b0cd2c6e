// What the policy has to know of JumpCloud before a change: which facts, and finding them out.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { directMembers } from '../jumpcloud/membership.ts'
import type { JumpCloudReads } from '../jumpcloud/port.ts'
import { getSystemUser } from '../jumpcloud/system-user.ts'
import { getUserGroup } from '../jumpcloud/user-group.ts'

export type Need = 'group names' | 'user names' | 'group sizes'

/** By id; what JumpCloud does not have is not in it, and cannot be changed either. */
export type Facts = {
  readonly groupNames: ReadonlyMap<string, string>
  /** User name and e-mail address. */
  readonly userNames: ReadonlyMap<string, readonly string[]>
  /** How many direct members each has. */
  readonly groupSizes: ReadonlyMap<string, number>
}

export type Touched = { readonly groups: readonly string[]; readonly users: readonly string[] }

/** Rejects with the error of JumpCloud, and then nothing may be changed. */
export async function learnFacts(
  jumpcloud: JumpCloudReads,
  needs: readonly Need[],
  { groups, users }: Touched,
): Promise<Facts> {
  const [groupNames, userNames, groupSizes] = await Promise.all([
    needs.includes('group names') ? learn(groups, async (id) => (await getUserGroup(jumpcloud, id)).name) : new Map(),
    needs.includes('user names') ? learn(users, (id) => namesOfUser(jumpcloud, id)) : new Map(),
    needs.includes('group sizes') ? learn(groups, (id) => countMembers(jumpcloud, id)) : new Map(),
  ])
  return { groupNames, userNames, groupSizes }
}

async function namesOfUser(jumpcloud: JumpCloudReads, id: string): Promise<readonly string[]> {
  const { username, email } = await getSystemUser(jumpcloud, id)
  return [username, email]
}

async function countMembers(jumpcloud: JumpCloudReads, groupId: string): Promise<number> {
  let count = 0
  for await (const _ of directMembers(jumpcloud, groupId)) count += 1
  return count
}

async function learn<Fact>(ids: readonly string[], find: (id: string) => Promise<Fact>): Promise<Map<string, Fact>> {
  const found = await Promise.all(ids.map(async (id) => [id, await orMissing(find(id))] as const))
  return new Map(found.flatMap(([id, fact]) => (fact === undefined ? [] : [[id, fact] as const])))
}

async function orMissing<Fact>(finding: Promise<Fact>): Promise<Fact | undefined> {
  try {
    return await finding
  } catch (error) {
    if (error instanceof SallyportError && error.code === 'not_found') return undefined
    throw error
  }
}
