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

test('tells the test that disposes of it when a lever asked for the impossible', async () => {
  const jumpcloud = await startJumpCloud({ users: 3 })
  jumpcloud.levers.deleteBetweenPages({ path: '/api/systemusers', position: 99, beforeRequest: 1 })

  await expect(ask(jumpcloud, 'GET /api/systemusers')).rejects.toThrow()

  await expect(jumpcloud[Symbol.asyncDispose]()).rejects.toThrow('no row at 99')
})

test('answers an unknown path with 404 once the key is good', async () => {
  await using jumpcloud = await startJumpCloud({ users: 1 })

  const answer = await ask(jumpcloud, 'GET /api/v2/nothing')

  expect([answer.status, answer.json]).toEqual([404, { message: 'Not Found' }])
})

test('records that a client hung up before its answer', async () => {
  await using jumpcloud = await startJumpCloud({ users: 1 })
  jumpcloud.levers.hold({ count: 1 })
  const arrived = jumpcloud.nextRequest(() => true)
  const ending = new AbortController()

  const asked = fetch(`${jumpcloud.url}/api/organizations`, { signal: ending.signal })
  await arrived
  ending.abort()
  await expect(asked).rejects.toThrow()

  expect(await jumpcloud.settledRequest(() => true)).toMatchObject({ outcome: 'aborted', status: null })
})

test('lists administrators, devices and device groups', async () => {
  await using jumpcloud = await startJumpCloud({ administrators: 2, systems: 3, systemGroups: 4 })

  const administrators = await ask(jumpcloud, 'GET /api/users')
  const systems = await ask(jumpcloud, 'GET /api/systems')
  const groups = await ask(jumpcloud, 'GET /api/v2/systemgroups')

  expect(administrators.json).toMatchObject({ totalCount: 2 })
  expect(systems.json).toMatchObject({ totalCount: 3 })
  expect(groups.headers.get('x-total-count')).toBe('4')
})
