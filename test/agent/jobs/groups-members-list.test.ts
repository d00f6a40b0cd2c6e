import contract from '@sallyport/protocol/jobs/groups-members-list'
import { expect, test } from 'vitest'
import handler from '../../../agent/jobs/groups-members-list.ts'
import { connectJumpCloud } from '../../support/connect-jumpcloud.ts'
import { startJumpCloud } from '../../support/jumpcloud/start.ts'
import { runHandler } from '../../support/run-handler.ts'

test.for(['direct', 'effective'] as const)('answers with every %s member', async (include) => {
  await using simulator = await startJumpCloud({ users: 300, groups: 1 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })
  const { tenant } = simulator
  const groupId = tenant.groups.all[0]?.id ?? ''
  for (const { id } of tenant.users.all.slice(0, 250)) tenant.members.add(groupId, id)

  const rows = await runHandler({ contract, handler, jumpcloud, params: { groupId, include } })

  expect(rows.map(({ userId }) => userId).toSorted()).toEqual([...tenant.members.targets(groupId)].toSorted())
  expect(rows.every(({ direct }) => direct)).toBe(true)
})

test('answers with every effective member although JumpCloud keeps no order unless it is asked for one', async () => {
  await using simulator = await startJumpCloud({ users: 400, groups: 1, dialect: { v2Unsorted: 'unstable' } })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })
  const { tenant } = simulator
  const groupId = tenant.groups.all[0]?.id ?? ''
  for (const { id } of tenant.users.all) tenant.members.add(groupId, id)

  const rows = await runHandler({ contract, handler, jumpcloud, params: { groupId, include: 'effective' } })

  expect(rows.map(({ userId }) => userId)).toEqual([...tenant.members.targets(groupId)].toSorted())
})

test('says of a member through a nested group that it is not direct', async () => {
  await using simulator = await startJumpCloud({ users: 60, groups: 4, dynamicGroups: 0, nestedGroups: 2 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })
  const { tenant } = simulator

  const found = []
  for (const group of tenant.groups.all) {
    const rows = await runHandler({ contract, handler, jumpcloud, params: { groupId: group.id, include: 'effective' } })
    const direct = rows.filter((row) => row.direct).map(({ userId }) => userId)
    expect(direct.toSorted()).toEqual([...tenant.members.targets(group.id)].toSorted())
    found.push(...rows)
  }

  expect(new Set(found.map(({ direct }) => direct))).toEqual(new Set([true, false]))
})

test('loses no member when others leave while it reads', async () => {
  await using simulator = await startJumpCloud({ users: 400, groups: 1 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })
  const { tenant } = simulator
  const groupId = tenant.groups.all[0]?.id ?? ''
  for (const { id } of tenant.users.all) tenant.members.add(groupId, id)
  for (const beforeRequest of [2, 3, 4]) {
    simulator.levers.deleteBetweenPages({ path: `/api/v2/usergroups/${groupId}/members`, position: 5, beforeRequest })
  }

  const rows = await runHandler({ contract, handler, jumpcloud, params: { groupId } })

  const found = new Set(rows.map(({ userId }) => userId))
  expect(tenant.members.targets(groupId).filter((id) => !found.has(id))).toEqual([])
  expect(rows).toHaveLength(found.size)
})

test.for(['direct', 'effective'] as const)(
  'an unknown group is an error, not an empty list of %s members',
  async (include) => {
    await using simulator = await startJumpCloud({ users: 1, groups: 1 })
    await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })

    const running = runHandler({
      contract,
      handler,
      jumpcloud,
      params: { groupId: '0123456789abcdef01234567', include },
    })

    await expect(running).rejects.toMatchObject({ code: 'not_found' })
  },
)
