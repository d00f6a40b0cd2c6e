import { expect, test } from 'vitest'
import { startJumpCloud } from '../jumpcloud/start.ts'
import { ask } from './ask.ts'
import { dynamicGroup, found, memberOf, outsiderOf, staticGroup } from './tenant-facts.ts'

test('lists direct members as connections to users', async () => {
  await using jumpcloud = await startJumpCloud({ users: 20, membersPerGroup: 3 })
  const group = staticGroup(jumpcloud)

  const { rows } = await ask(jumpcloud, `GET /api/v2/usergroups/${group.id}/members`)

  const members = jumpcloud.tenant.members.targets(group.id)
  expect(rows).toEqual(members.map((id) => ({ attributes: null, to: { attributes: null, id, type: 'user' } })))
})

test('tells direct from effective members by the hops of their paths', async () => {
  await using jumpcloud = await startJumpCloud({
    users: 60,
    groups: 5,
    dynamicGroups: 0,
    nestedGroups: 1,
    membersPerGroup: 4,
  })
  const [, parent, child] = jumpcloud.tenant.groups.all
  const nested = found(jumpcloud.tenant.members.targets(found(child).id)[0])

  const direct = await ask(jumpcloud, `GET /api/v2/usergroups/${parent?.id}/members?limit=100`)
  const effective = await ask(jumpcloud, `GET /api/v2/usergroups/${parent?.id}/membership?limit=100`)
  const groups = await ask(jumpcloud, `GET /api/v2/users/${nested}/memberof?filter=object_id:eq:${parent?.id}`)

  expect(direct.rows).toHaveLength(4)
  expect(effective.rows.length).toBeGreaterThan(4)
  const hops = [{ to: { id: child?.id, type: 'user_group' } }, { to: { id: parent?.id, type: 'user_group' } }]
  expect(groups.rows).toMatchObject([{ id: parent?.id, type: 'user_group', paths: [hops] }])
})

test('answers an add to a dynamic group with 204 and changes nothing', async () => {
  await using jumpcloud = await startJumpCloud()
  const group = dynamicGroup(jumpcloud)
  const { id } = outsiderOf(jumpcloud, group)

  const answer = await ask(jumpcloud, `POST /api/v2/usergroups/${group.id}/members`, {
    body: { op: 'add', type: 'user', id },
  })

  expect(answer.status).toBe(204)
  expect(jumpcloud.tenant.members.has(group.id, id)).toBe(false)
  expect(jumpcloud.mutations).toMatchObject([{ op: 'add', groupId: group.id, userId: id, applied: false }])
})

test('member.add.dynamic-exempt: an exempt user becomes a member of a dynamic group', async () => {
  await using jumpcloud = await startJumpCloud()
  const group = dynamicGroup(jumpcloud)
  const { id } = outsiderOf(jumpcloud, group)
  const { name, membershipMethod, memberQuery } = group
  const memberQueryExemptions = [{ id, type: 'USER' }]

  await ask(jumpcloud, `PUT /api/v2/usergroups/${group.id}`, {
    body: { name, membershipMethod, memberQuery, memberQueryExemptions },
  })
  await ask(jumpcloud, `POST /api/v2/usergroups/${group.id}/members`, { body: { op: 'add', type: 'user', id } })

  expect(jumpcloud.tenant.members.has(group.id, id)).toBe(true)
})

test("moves a user between dynamic groups when the rule's field changes", async () => {
  await using jumpcloud = await startJumpCloud()
  const group = dynamicGroup(jumpcloud)
  const { id } = memberOf(jumpcloud, group)

  await ask(jumpcloud, `PUT /api/systemusers/${id}`, { body: { department: 'Elsewhere' } })

  expect(jumpcloud.tenant.members.has(group.id, id)).toBe(false)
  expect(jumpcloud.mutations).toContainEqual(
    expect.objectContaining({ op: 'remove', groupId: group.id, userId: id, applied: true }),
  )
})

test('keeps the default ldapGroups when a group is renamed, and drops them only for an empty list', async () => {
  await using jumpcloud = await startJumpCloud()
  const { id, name } = staticGroup(jumpcloud)

  const renamed = await ask(jumpcloud, `PUT /api/v2/usergroups/${id}`, { body: { name: 'Renamed' } })
  const emptied = await ask(jumpcloud, `PUT /api/v2/usergroups/${id}`, {
    body: { name: 'Renamed', attributes: { ldapGroups: [] } },
  })

  expect(renamed.json).toMatchObject({ name: 'Renamed', attributes: { ldapGroups: [{ name }] } })
  expect(emptied.json).toMatchObject({ attributes: { ldapGroups: [] } })
})

test("shows an application's users with every path that leads to them", async () => {
  await using jumpcloud = await startJumpCloud({ users: 20, groups: 4, dynamicGroups: 0 })
  const application = found(jumpcloud.tenant.applications.all[0])
  const group = found(jumpcloud.tenant.groups.all[1])

  const users = await ask(jumpcloud, `GET /api/v2/applications/${application.id}/users?limit=100`)
  const groups = await ask(jumpcloud, `GET /api/v2/applications/${application.id}/usergroups`)
  const direct = await ask(jumpcloud, `GET /api/v2/applications/${application.id}/associations?targets=user`)

  const member = jumpcloud.tenant.members.targets(group.id)[0]
  const path = [{ to: { id: group.id, type: 'user_group' } }, { to: { id: member, type: 'user' } }]
  expect(Object(users.rows.find((row) => Object(row).id === member)).paths[0]).toMatchObject(path)
  expect(groups.rows).toMatchObject([{ id: group.id, compiledAttributes: { ldapGroups: [{ name: group.name }] } }])
  expect(direct.rows).toEqual([
    { attributes: null, to: { attributes: null, id: jumpcloud.tenant.users.all[0]?.id, type: 'user' } },
  ])
})

test('removes a deleted user from every group', async () => {
  await using jumpcloud = await startJumpCloud()
  const group = staticGroup(jumpcloud)
  const { id } = memberOf(jumpcloud, group)

  const deleted = await ask(jumpcloud, `DELETE /api/systemusers/${id}`)

  expect(deleted.json).toMatchObject({ id })
  expect(jumpcloud.tenant.members.sources(id).size).toBe(0)
})
