// A static group, and the agent's client connected to its simulated JumpCloud: what changes of members are tried on.

import add from '@sallyport/protocol/jobs/groups-members-add'
import remove from '@sallyport/protocol/jobs/groups-members-remove'
import type { MembershipChangeRow } from '@sallyport/protocol/membership-change'
import addMembers from '../../agent/jobs/groups-members-add.ts'
import removeMembers from '../../agent/jobs/groups-members-remove.ts'
import type { JumpCloud } from '../../agent/jumpcloud/jumpcloud.ts'
import { connectJumpCloud } from './connect-jumpcloud.ts'
import { type JumpCloudOptions, type JumpCloud as Simulator, startJumpCloud } from './jumpcloud/start.ts'
import { runHandler } from './run-handler.ts'

export const nobody = '0123456789abcdef01234567'

type Asked = {
  readonly userIds: readonly string[]
  readonly groupId?: string
  readonly dryRun?: boolean
  readonly intent?: (target: string) => Promise<boolean>
  readonly mayLeave?: () => boolean
  readonly settle?: (target: string, row: MembershipChangeRow) => Promise<void>
  readonly earlier?: (target: string) => MembershipChangeRow | 'intended' | undefined
  readonly signal?: AbortSignal
}

export type Scene = AsyncDisposable & {
  readonly simulator: Simulator
  readonly jumpcloud: JumpCloud
  readonly groupId: string
  /** Users who are not in the group. */
  readonly outsiders: readonly string[]
  /** Users who are. */
  readonly insiders: readonly string[]
  readonly members: () => readonly string[]
  /** Changes that JumpCloud was asked for. */
  readonly posts: () => number
  readonly add: (asked: Asked) => Promise<MembershipChangeRow[]>
  readonly remove: (asked: Asked) => Promise<MembershipChangeRow[]>
}

/** A static group of five, and the agent connected to its JumpCloud. */
export async function createScene(
  options: JumpCloudOptions & { readonly key?: 'administrator' | 'readOnly' } = {},
): Promise<Scene> {
  const simulator = await startJumpCloud({ users: 40, groups: 4, dynamicGroups: 1, membersPerGroup: 0, ...options })
  const jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys[options.key ?? 'administrator'] })
  const { tenant } = simulator
  const groupId =
    tenant.groups.all.find((group) => !tenant.isDynamic(group) && tenant.members.targets(group.id).length === 0)?.id ??
    ''
  const userIds = tenant.users.all.map(({ id }) => id)
  const insiders = userIds.slice(0, 5)
  for (const id of insiders) tenant.members.add(groupId, id)
  const ask = ({ userIds: named, groupId: group = groupId, dryRun = false, ...rest }: Asked) => ({
    params: { groupId: group, userIds: [...named], dryRun },
    jumpcloud,
    ...rest,
  })
  return {
    simulator,
    jumpcloud,
    groupId,
    insiders,
    outsiders: userIds.slice(5),
    members: () => tenant.members.targets(groupId),
    posts: () => simulator.requests.filter(({ method }) => method === 'POST').length,
    add: (asked) => runHandler({ contract: add, handler: addMembers, ...ask(asked) }),
    remove: (asked) => runHandler({ contract: remove, handler: removeMembers, ...ask(asked) }),
    [Symbol.asyncDispose]: async () => {
      await jumpcloud[Symbol.asyncDispose]()
      await simulator[Symbol.asyncDispose]()
    },
  }
}

export const first = (ids: readonly string[]): string => ids[0] ?? nobody
export const said = (rows: readonly MembershipChangeRow[]) => rows.map(({ outcome, reason }) => [outcome, reason])
