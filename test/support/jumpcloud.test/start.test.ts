import { expect, test } from 'vitest'
import { startJumpCloud } from '../jumpcloud/start.ts'
import { ask } from './ask.ts'

test('serves ten rows to a client that forgets the page size', async () => {
  await using jumpcloud = await startJumpCloud({ users: 30, groups: 15 })

  const users = await ask(jumpcloud, 'GET /api/systemusers')
  const groups = await ask(jumpcloud, 'GET /api/v2/usergroups')

  expect(users.json).toMatchObject({ totalCount: 30 })
  expect(users.rows).toHaveLength(10)
  expect(groups.rows).toHaveLength(10)
  expect(groups.headers.get('x-total-count')).toBe('15')
})

test('draws the same tenant from the same seed, and another from another', async () => {
  const options = { seed: 'twice', users: 20, groups: 4, events: 0 }
  await using first = await startJumpCloud(options)
  await using second = await startJumpCloud(options)
  await using other = await startJumpCloud({ ...options, seed: 'other' })

  expect(first.tenant.users.all).toEqual(second.tenant.users.all)
  expect(first.tenant.users.all).not.toEqual(other.tenant.users.all)
})

test('records a request with the name of its key and the mutation that it made', async () => {
  await using jumpcloud = await startJumpCloud({ users: 20, groups: 3, dynamicGroups: 0 })
  const group = jumpcloud.tenant.groups.all[1]
  const outsider = jumpcloud.tenant.users.all.find(({ id }) => !jumpcloud.tenant.members.has(group?.id ?? '', id))

  const body = { op: 'add', type: 'user', id: outsider?.id }
  const answer = await ask(jumpcloud, `POST /api/v2/usergroups/${group?.id}/members`, { body })

  expect(answer.status).toBe(204)
  expect(jumpcloud.requests).toMatchObject([
    { method: 'POST', keyId: 'administrator', status: 204, outcome: 'answered' },
  ])
  expect(jumpcloud.mutations).toMatchObject([
    {
      kind: 'member',
      op: 'add',
      groupId: group?.id,
      userId: outsider?.id,
      applied: true,
      requestId: jumpcloud.requests[0]?.id,
    },
  ])
})
