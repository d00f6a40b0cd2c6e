import contract from '@sallyport/protocol/jobs/groups-members-add'
import type { MembershipChangeRow } from '@sallyport/protocol/membership-change'
import { describe, expect, test } from 'vitest'
import handler from '../../../agent/jobs/groups-members-add.ts'
import { connectJumpCloud } from '../../support/connect-jumpcloud.ts'
import { startJumpCloud } from '../../support/jumpcloud/start.ts'
import { createScene, first, nobody, said } from '../../support/membership-scene.ts'
import { runHandler } from '../../support/run-handler.ts'

test('adds, and makes no other call than its contract names', async () => {
  await using simulator = await startJumpCloud({ users: 5, groups: 2, dynamicGroups: 0, membersPerGroup: 0 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.administrator })
  const group = simulator.tenant.groups.all.find(({ id }) => simulator.tenant.members.targets(id).length === 0)
  const params = { groupId: group?.id ?? '', userIds: [simulator.tenant.users.all[0]?.id ?? ''] }

  const rows = await runHandler({ contract, handler, jumpcloud, params })

  expect(rows).toMatchObject([{ outcome: 'applied' }])
  const called = simulator.requests.map(({ method, path }) => `${method} ${path.replace(/[0-9a-f]{24}/, '{id}')}`)
  expect(contract.docs.calls).toEqual(expect.arrayContaining(called))
})

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

describe('what an earlier process left', () => {
  const noMore = async () => false

  test('and may have sent is looked for, and not sent again', async () => {
    await using scene = await createScene()
    const [member, outsider] = [first(scene.insiders), first(scene.outsiders)]

    const rows = await scene.add({ userIds: [member, outsider], earlier: () => 'intended', intent: noMore })

    expect(said(rows)).toEqual([
      ['applied', 'unanswered'],
      ['unknown', 'unanswered'],
    ])
    expect(scene.posts()).toBe(0)
  })

  test('and settled is told as it was, without a look', async () => {
    await using scene = await createScene()
    const userId = first(scene.outsiders)
    const row = { userId, outcome: 'applied', reason: null, would: null } as const
    scene.simulator.levers.answerStatus({ path: '/memberof', status: 500 })

    expect(await scene.add({ userIds: [userId], earlier: () => row, intent: noMore })).toEqual([row])
  })

  test('and had not begun is not sent any more, but told as it is', async () => {
    await using scene = await createScene()
    const [begun, member, outsider] = [first(scene.outsiders), first(scene.insiders), scene.outsiders[1] ?? '']
    const earlier = (userId: string) => (userId === begun ? 'intended' : undefined)

    const rows = await scene.add({ userIds: [begun, member, outsider], earlier, intent: noMore })

    expect(new Map(rows.map(({ userId, outcome, reason }) => [userId, [outcome, reason]]))).toEqual(
      new Map([
        [begun, ['unknown', 'unanswered']],
        [member, ['already', null]],
        [outsider, ['not_applied', 'not_sent']],
      ]),
    )
  })

  test('is told although JumpCloud does not let the rest be looked at', async () => {
    await using scene = await createScene()
    const [begun, other] = [first(scene.insiders), first(scene.outsiders)]
    scene.simulator.levers.answerStatus({ path: `/api/v2/users/${other}/memberof`, status: 403, count: 9 })
    const earlier = (userId: string) => (userId === begun ? 'intended' : undefined)

    expect(said(await scene.add({ userIds: [begun, other], earlier, intent: noMore }))).toEqual([
      ['applied', 'unanswered'],
      ['not_applied', 'not_sent'],
    ])
  })

  test('and somebody else did meanwhile is applied too, and says that no answer tells by whom', async () => {
    await using scene = await createScene()
    const userId = first(scene.outsiders)
    scene.simulator.tenant.members.add(scene.groupId, userId)

    expect(said(await scene.add({ userIds: [userId], earlier: () => 'intended', intent: noMore }))).toEqual([
      ['applied', 'unanswered'],
    ])
    expect(scene.posts()).toBe(0)
  })
})

test('each change is settled with its row before the row is told', async () => {
  await using scene = await createScene()
  const settled: string[] = []
  const settle = async (userId: string, { outcome }: MembershipChangeRow) => void settled.push(`${userId} ${outcome}`)
  const userIds = [first(scene.outsiders), first(scene.insiders)]

  const rows = await scene.add({ userIds, settle })

  expect(settled).toEqual(rows.map(({ userId, outcome }) => `${userId} ${outcome}`))
})

test('a change that may not leave any more when its turn has come is not sent', async () => {
  await using scene = await createScene()

  expect(said(await scene.add({ userIds: scene.outsiders.slice(0, 2), mayLeave: () => false }))).toEqual([
    ['not_applied', 'not_sent'],
    ['not_applied', 'not_sent'],
  ])
  expect(scene.posts()).toBe(0)
})
