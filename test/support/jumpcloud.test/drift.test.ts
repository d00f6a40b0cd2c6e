import { expect, test } from 'vitest'
import { type JumpCloud, startJumpCloud } from '../jumpcloud/start.ts'
import { ask } from './ask.ts'
import { found } from './tenant-facts.ts'

async function walk(jumpcloud: JumpCloud, path: string, pages: number): Promise<string[]> {
  const ids: string[] = []
  for (let page = 0; page < pages; page += 1) {
    const { rows } = await ask(jumpcloud, `GET ${path}?limit=10&skip=${page * 10}`)
    ids.push(...rows.map((row) => Object(row).id ?? Object(row).to.id))
  }
  return ids
}

test('a row deleted between two pages moves the next one out of sight', async () => {
  await using jumpcloud = await startJumpCloud({ users: 30 })
  const before = jumpcloud.tenant.users.all.map(({ id }) => id)
  jumpcloud.levers.deleteBetweenPages({ path: '/api/systemusers', position: 3 })

  const seen = await walk(jumpcloud, '/api/systemusers', 3)

  expect(jumpcloud.tenant.users.size).toBe(29)
  expect(seen).toHaveLength(29)
  expect(seen).not.toContain(before[10])
  expect(jumpcloud.mutations).toMatchObject([
    { kind: 'user', op: 'delete', userId: before[3], requestId: null, applied: true },
  ])
})

test('a row inserted between two pages makes one come twice', async () => {
  await using jumpcloud = await startJumpCloud({ groups: 25 })
  const before = jumpcloud.tenant.groups.all.map(({ id }) => id)
  jumpcloud.levers.insertBetweenPages({ path: '/api/v2/usergroups', position: 0 })

  const seen = await walk(jumpcloud, '/api/v2/usergroups', 3)

  expect(seen.filter((id) => id === before[9])).toHaveLength(2)
  expect(seen).not.toContain(jumpcloud.tenant.groups.all[0]?.id)
})

test('an inserted row keeps its place when the listing is sorted by id', async () => {
  await using jumpcloud = await startJumpCloud({ users: 20 })
  jumpcloud.levers.insertBetweenPages({ path: '/api/systemusers', position: 5, beforeRequest: 1 })

  const { rows } = await ask(jumpcloud, 'GET /api/systemusers?limit=100&sort=_id')

  expect(rows.map((row) => Object(row).id)).toEqual(jumpcloud.tenant.users.all.map(({ id }) => id))
})

test('members come and go between pages like any other row', async () => {
  await using jumpcloud = await startJumpCloud({ users: 40, groups: 3, dynamicGroups: 0, membersPerGroup: 25 })
  const groupId = found(jumpcloud.tenant.groups.all[1]).id
  const path = `/api/v2/usergroups/${groupId}/members`
  jumpcloud.levers.deleteBetweenPages({ path, position: 0, beforeRequest: 2 })
  jumpcloud.levers.insertBetweenPages({ path, position: 24, beforeRequest: 3 })

  const seen = await walk(jumpcloud, path, 3)

  expect(jumpcloud.mutations.map(({ kind, op }) => [kind, op])).toEqual([
    ['member', 'remove'],
    ['member', 'add'],
  ])
  expect(seen.at(-1)).toBe(jumpcloud.tenant.members.targets(groupId)[24])
})

test('an unstable order repeats the last row of the page before', async () => {
  await using jumpcloud = await startJumpCloud({ users: 20 })
  jumpcloud.levers.duplicateAcrossPages({ path: '/api/systemusers' })

  const seen = await walk(jumpcloud, '/api/systemusers', 2)

  expect(seen[10]).toBe(seen[9])
  expect(new Set(seen).size).toBe(19)
})
