import add from '@sallyport/protocol/jobs/groups-members-add'
import remove from '@sallyport/protocol/jobs/groups-members-remove'
import type { MembershipChangeRow } from '@sallyport/protocol/membership-change'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import addMembers from '../../../agent/jobs/groups-members-add.ts'
import removeMembers from '../../../agent/jobs/groups-members-remove.ts'
import type { JumpCloud } from '../../../agent/jumpcloud/jumpcloud.ts'
import { connectJumpCloud } from '../../support/connect-jumpcloud.ts'
import { type JumpCloudOptions, type JumpCloud as Simulator, startJumpCloud } from '../../support/jumpcloud/start.ts'
import { rowsOf, runHandler } from '../../support/run-handler.ts'

const nobody = '0123456789abcdef01234567'

type Asked = {
  readonly userIds: readonly string[]
  readonly groupId?: string
  readonly dryRun?: boolean
  readonly intent?: (target: string) => Promise<boolean>
  readonly signal?: AbortSignal
}

type Scene = AsyncDisposable & {
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
async function createScene(
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

const first = (ids: readonly string[]): string => ids[0] ?? nobody
const said = (rows: readonly MembershipChangeRow[]) => rows.map(({ outcome, reason }) => [outcome, reason])

describe('adding', () => {
  test('is applied, once, and read back', async () => {
    await using scene = await createScene()

    const rows = await scene.add({ userIds: [first(scene.outsiders)] })

    expect(rows).toEqual([{ userId: first(scene.outsiders), outcome: 'applied', reason: null, would: null }])
    expect(scene.members()).toContain(first(scene.outsiders))
    expect(scene.posts()).toBe(1)
  })

  test('of a member is already done, and sends nothing', async () => {
    await using scene = await createScene()

    expect(said(await scene.add({ userIds: [first(scene.insiders)] }))).toEqual([['already', null]])
    expect(scene.posts()).toBe(0)
  })

  test('of a member whom the look before did not show is already done: 409 is read back', async () => {
    await using scene = await createScene()
    const userId = first(scene.outsiders)
    const intent = async () => {
      scene.simulator.tenant.members.add(scene.groupId, userId)
      return true
    }

    expect(said(await scene.add({ userIds: [userId], intent }))).toEqual([['already', null]])
  })

  test('to a dynamic group would be taken and ignored, so it is not sent', async () => {
    await using scene = await createScene()
    const { tenant } = scene.simulator
    const dynamic = tenant.groups.all.find((group) => tenant.isDynamic(group))
    const stranger = tenant.users.all.find(({ id }) => !tenant.members.has(dynamic?.id ?? '', id))

    const rows = await scene.add({ groupId: dynamic?.id ?? '', userIds: [stranger?.id ?? ''] })

    expect(said(rows)).toEqual([['not_applied', 'dynamic_group']])
    expect(scene.posts()).toBe(0)
  })

  test('of an unknown user is told as such', async () => {
    await using scene = await createScene()

    expect(said(await scene.add({ userIds: [nobody] }))).toEqual([['not_applied', 'user_not_found']])
  })

  test('to an unknown group is told for every user, and nothing is sent', async () => {
    await using scene = await createScene()

    const rows = await scene.add({ groupId: nobody, userIds: scene.outsiders.slice(0, 2) })

    expect(said(rows)).toEqual([
      ['not_applied', 'group_not_found'],
      ['not_applied', 'group_not_found'],
    ])
    expect(scene.posts()).toBe(0)
  })

  test('to a group that goes meanwhile: 400 is told as such', async () => {
    await using scene = await createScene()
    const intent = async () => {
      scene.simulator.tenant.deleteGroup(scene.groupId)
      return true
    }

    expect(said(await scene.add({ userIds: [first(scene.outsiders)], intent }))).toEqual([
      ['not_applied', 'group_not_found'],
    ])
  })

  test('of many is done for each, a row per user', async () => {
    await using scene = await createScene()
    const userIds = [...scene.outsiders.slice(0, 20), ...scene.insiders, nobody]

    const rows = await scene.add({ userIds })

    expect(new Map(rows.map(({ userId, outcome }) => [userId, outcome]))).toEqual(
      new Map([
        ...scene.outsiders.slice(0, 20).map((id) => [id, 'applied'] as const),
        ...scene.insiders.map((id) => [id, 'already'] as const),
        [nobody, 'not_applied'],
      ]),
    )
    expect(scene.members()).toHaveLength(25)
  })

  test('finds the membership where the filter is ignored and the user is in more groups than a page holds', async () => {
    await using scene = await createScene({ groups: 150, dialect: { filters: 'ignored' } })
    const { tenant } = scene.simulator
    for (const group of tenant.groups.all) tenant.members.add(group.id, first(scene.insiders))

    expect(said(await scene.add({ userIds: [first(scene.insiders)] }))).toEqual([['already', null]])
    expect(said(await scene.remove({ userIds: [first(scene.insiders)] }))).toEqual([['applied', null]])
  })
})

describe('removing', () => {
  test('is applied, once, and read back', async () => {
    await using scene = await createScene()

    expect(said(await scene.remove({ userIds: [first(scene.insiders)] }))).toEqual([['applied', null]])
    expect(scene.members()).not.toContain(first(scene.insiders))
    expect(scene.posts()).toBe(1)
  })

  test('of who is no member is already done where there is such a user, and told where there is none', async () => {
    await using scene = await createScene()

    const rows = await scene.remove({ userIds: [first(scene.outsiders), nobody] })

    expect(said(rows)).toEqual([
      ['already', null],
      ['not_applied', 'user_not_found'],
    ])
    expect(scene.posts()).toBe(0)
  })

  test('that is answered with 404 looks whether it is the user that is missing', async () => {
    await using scene = await createScene()
    const [leaver, deleted] = scene.insiders
    const intent = async (userId: string) => {
      if (userId === leaver) scene.simulator.tenant.members.remove(scene.groupId, userId)
      else scene.simulator.tenant.deleteUser(userId)
      return true
    }

    const rows = await scene.remove({ userIds: [leaver ?? '', deleted ?? ''], intent })

    expect(said(rows)).toEqual([
      ['already', null],
      ['not_applied', 'user_not_found'],
    ])
  })
})

describe('a dry run', () => {
  test('says what would happen and changes nothing', async () => {
    await using scene = await createScene()
    const { tenant } = scene.simulator
    const dynamic = tenant.groups.all.find((group) => tenant.isDynamic(group))?.id ?? ''
    const stranger = tenant.users.all.find(({ id }) => !tenant.members.has(dynamic, id))?.id ?? ''
    const dryRun = true

    const rows = [
      ...(await scene.add({ userIds: [first(scene.outsiders), first(scene.insiders)], dryRun })),
      ...(await scene.add({ groupId: dynamic, userIds: [stranger], dryRun })),
      ...(await scene.add({ groupId: nobody, userIds: [stranger], dryRun })),
      ...(await scene.remove({ userIds: [nobody], dryRun })),
    ]

    expect(rows.map(({ outcome, reason, would }) => [outcome, reason, would])).toEqual([
      ['not_applied', 'dry_run', 'apply'],
      ['not_applied', 'dry_run', 'already'],
      ['not_applied', 'dynamic_group', 'refuse'],
      ['not_applied', 'group_not_found', 'refuse'],
      ['not_applied', 'user_not_found', 'refuse'],
    ])
    expect(scene.posts()).toBe(0)
  })
})

describe('a change that is not answered', () => {
  test('and was done is applied, and never sent again', async () => {
    await using scene = await createScene()
    scene.simulator.levers.resetMidBody({ method: 'POST' })

    expect(said(await scene.add({ userIds: [first(scene.outsiders)] }))).toEqual([['applied', null]])
    expect(scene.posts()).toBe(1)
  })

  test('and was not done is unknown, because it may still land', async () => {
    await using scene = await createScene()
    scene.simulator.levers.resetBeforeAnswer({ method: 'POST' })

    expect(said(await scene.add({ userIds: [first(scene.outsiders)] }))).toEqual([['unknown', 'unanswered']])
    expect(scene.posts()).toBe(1)
  })

  test('and lands after the last look is unknown, and was indeed done', async () => {
    await using scene = await createScene()
    const late = scene.simulator.levers.lateWrite({ method: 'POST' })

    const rows = await scene.add({ userIds: [first(scene.outsiders)] })
    await late.apply()

    expect(said(rows)).toEqual([['unknown', 'unanswered']])
    expect(scene.members()).toContain(first(scene.outsiders))
    expect(scene.posts()).toBe(1)
  })

  test('and lands while it looks is applied', async () => {
    await using scene = await createScene()
    const late = scene.simulator.levers.lateWrite({ method: 'POST' })

    const adding = scene.add({ userIds: [first(scene.outsiders)] })
    await scene.simulator.nextRequest(({ method }) => method === 'POST')
    await scene.simulator.nextRequest(({ path }) => path.endsWith('/memberof'))
    await late.apply()

    expect(said(await adding)).toEqual([['applied', null]])
  })

  test.for([500, 502, 503, 504] as const)('but with %i is looked after, not sent again', async (status) => {
    await using scene = await createScene()
    scene.simulator.levers.serverError({ method: 'POST', status })

    expect(said(await scene.add({ userIds: [first(scene.outsiders)] }))).toEqual([['unknown', 'unanswered']])
    expect(scene.posts()).toBe(1)
  })
})

describe('a change that is taken', () => {
  test('and cannot be seen is unknown', async () => {
    await using scene = await createScene()
    const { groups } = scene.simulator.tenant
    // JumpCloud takes the change and ignores it, because a rule came to decide after the look before.
    const intent = async () => {
      const group = groups.get(scene.groupId)
      if (group !== undefined) groups.replace({ ...group, membershipMethod: 'DYNAMIC_AUTOMATED' })
      return true
    }

    expect(said(await scene.add({ userIds: [first(scene.outsiders)], intent }))).toEqual([['unknown', 'not_visible']])
    expect(scene.simulator.mutations.filter(({ applied }) => applied)).toEqual([])
  })

  test('after 429 is sent again, with leave each time', async () => {
    await using scene = await createScene()
    scene.simulator.levers.tooManyRequests({ method: 'POST', count: 2, retryAfter: 1 })
    const asked: string[] = []
    const intent = async (target: string) => {
      asked.push(target)
      return true
    }

    expect(said(await scene.add({ userIds: [first(scene.outsiders)], intent }))).toEqual([['applied', null]])
    expect(asked).toEqual(Array.from({ length: 3 }, () => first(scene.outsiders)))
  })
})

describe('leave to send', () => {
  test('that is not given leaves everything as it is', async () => {
    await using scene = await createScene()

    const rows = await scene.add({ userIds: scene.outsiders.slice(0, 3), intent: async () => false })

    expect(said(rows)).toEqual(Array.from({ length: 3 }, () => ['not_applied', 'not_sent']))
    expect(scene.posts()).toBe(0)
  })

  test('that was given is followed to the outcome although the run is cancelled', async () => {
    await using scene = await createScene()
    const controller = new AbortController()
    const intent = async () => {
      controller.abort(new Error('cancelled'))
      return true
    }

    const rows = await scene.add({ userIds: scene.outsiders.slice(0, 3), intent, signal: controller.signal })

    expect(said(rows)).toEqual([
      ['applied', null],
      ['not_applied', 'not_sent'],
      ['not_applied', 'not_sent'],
    ])
    expect(scene.members()).toHaveLength(6)
  })

  test('is not asked for where the run was cancelled before', async () => {
    await using scene = await createScene()
    const signal = AbortSignal.abort(new Error('cancelled'))

    await expect(scene.add({ userIds: [first(scene.outsiders)], signal })).rejects.toThrow('cancelled')
  })
})

describe('a refusal', () => {
  test('by the role ends the run while nothing was changed', async () => {
    await using scene = await createScene({ key: 'readOnly' })

    await expect(scene.add({ userIds: scene.outsiders.slice(0, 3) })).rejects.toMatchObject({
      code: 'jumpcloud_forbidden',
    })
    expect(scene.posts()).toBe(1)
  })

  test('after something was changed is a row, so that what was done is told', async () => {
    await using scene = await createScene()
    scene.simulator.levers.answerStatus({ method: 'POST', status: 403, after: 1 })

    const rows = await scene.add({ userIds: scene.outsiders.slice(0, 3) })

    expect(said(rows)).toEqual([
      ['applied', null],
      ['not_applied', 'refused_by_jumpcloud'],
      ['not_applied', 'refused_by_jumpcloud'],
    ])
  })

  test('of the key after something was changed is a row as well', async () => {
    await using scene = await createScene()
    const { simulator } = scene
    const rows: MembershipChangeRow[] = []
    const params = { groupId: scene.groupId, userIds: scene.outsiders.slice(0, 3), dryRun: false }

    for await (const row of rowsOf({ contract: add, handler: addMembers, params, jumpcloud: scene.jumpcloud })) {
      rows.push(row)
      if (rows.length === 1) simulator.levers.revokeKey({ key: simulator.keys.administrator })
    }

    expect(said(rows)).toEqual([
      ['applied', null],
      ['not_applied', 'not_sent'],
      ['not_applied', 'not_sent'],
    ])
  })
})

test('what the rows say is what JumpCloud did, whatever goes wrong with the changes', async () => {
  const trouble = fc.record({
    lever: fc.constantFrom('resetMidBody', 'resetBeforeAnswer', 'lateWrite', 'serverError', 'tooManyRequests'),
    after: fc.integer({ min: 0, max: 5 }),
    count: fc.integer({ min: 1, max: 3 }),
  })

  await fc.assert(
    fc.asyncProperty(fc.array(trouble, { maxLength: 4 }), async (troubles) => {
      await using scene = await createScene()
      for (const { lever, after, count } of troubles) scene.simulator.pull(lever, { method: 'POST', after, count })
      const userIds = scene.outsiders.slice(0, 6)

      const rows = await scene.add({ userIds }).catch(() => [])

      const members = new Set(scene.members())
      const claimed = (outcome: string) => rows.filter((row) => row.outcome === outcome).map(({ userId }) => userId)
      expect(claimed('applied').filter((id) => !members.has(id))).toEqual([])
      expect(claimed('already').filter((id) => !members.has(id))).toEqual([])
      expect(claimed('not_applied').filter((id) => members.has(id))).toEqual([])
      if (rows.length === 0) expect(members.size).toBe(scene.insiders.length)
    }),
    { numRuns: 25 },
  )
})
