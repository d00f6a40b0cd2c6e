import { expect, test } from 'vitest'
import { isDirect, isDirectMember, membershipChange } from '../../../agent/jumpcloud/membership.ts'
import { connectJumpCloud } from '../../support/connect-jumpcloud.ts'
import { startJumpCloud } from '../../support/jumpcloud/start.ts'

const id = '6026da081f24755306c2ee0d'

test('direct is what some way of a single step leads to', () => {
  expect(isDirect({ id, paths: [['step', 'step'], ['step']] })).toBe(true)
  expect(isDirect({ id, paths: [['step', 'step']] })).toBe(false)
  expect(isDirect({ id, paths: null })).toBe(false)
})

test('a user whom JumpCloud does not know is a member of nothing', async () => {
  await using simulator = await startJumpCloud({ users: 3, groups: 1 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })

  expect(await isDirectMember(jumpcloud.lane('write'), { groupId: id, userId: id })).toBe(false)
  expect(simulator.requests).toMatchObject([{ status: 200, query: { filter: `object_id:eq:${id}` } }])
})

test('a member is found where JumpCloud ignores the filter and keeps no order unless it is asked for one', async () => {
  await using simulator = await startJumpCloud({
    ...{ users: 1, groups: 230, dynamicGroups: 0, membersPerGroup: 0 },
    dialect: { filters: 'ignored', v2Unsorted: 'unstable' },
  })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })
  const { groups, members, users } = simulator.tenant
  const userId = users.all[0]?.id ?? ''
  for (const group of groups.all) members.add(group.id, userId)
  const last =
    groups.all
      .map((group) => group.id)
      .toSorted()
      .at(-1) ?? ''

  expect(await isDirectMember(jumpcloud.lane('write'), { groupId: last, userId })).toBe(true)
  expect(simulator.requests.map(({ query }) => query.sort)).toEqual(['id', 'id', 'id'])
})

test('a change names the user in its body and the group in its path', () => {
  expect(membershipChange('remove', { groupId: 'g', userId: 'u' })).toMatchObject({
    path: '/api/v2/usergroups/{id}/members',
    ids: { id: 'g' },
    body: { op: 'remove', type: 'user', id: 'u' },
  })
})
