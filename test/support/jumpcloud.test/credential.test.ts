import { expect, test } from 'vitest'
import { createManualClock } from '../jumpcloud/manual-clock.ts'
import { startJumpCloud } from '../jumpcloud/start.ts'
import { ask } from './ask.ts'
import { staticGroup } from './tenant-facts.ts'

const USERS = 'GET /api/systemusers'

test('lets a read-only key read and forbids it to write', async () => {
  await using jumpcloud = await startJumpCloud({ users: 2 })
  const key = jumpcloud.keys.readOnly

  const read = await ask(jumpcloud, USERS, { key })
  const write = await ask(jumpcloud, 'POST /api/v2/usergroups', { key, body: { name: 'x' } })

  expect([read.status, write.status]).toEqual([200, 403])
  expect(jumpcloud.mutations).toEqual([])
})

test('shows a key of several organisations all of them, and one directory at a time', async () => {
  await using jumpcloud = await startJumpCloud({ users: 2, organizations: 2 })
  const key = jumpcloud.keys.multiTenant

  const organizations = await ask(jumpcloud, 'GET /api/organizations', { key })
  const users = await ask(jumpcloud, USERS, { key, headers: { 'x-org-id': String(jumpcloud.tenants[1]?.id) } })

  expect(organizations.json).toMatchObject({ totalCount: 2 })
  expect(users.rows).toMatchObject([{ id: jumpcloud.tenants[1]?.users.all[0]?.id }, {}])
})

test('revokes a key at once, or after so many more requests', async () => {
  await using jumpcloud = await startJumpCloud({ users: 2 })
  jumpcloud.levers.revokeKey({ key: jumpcloud.keys.readOnly })
  jumpcloud.levers.revokeKey({ key: jumpcloud.keys.administrator, after: 2 })

  const statuses: number[] = []
  for (let n = 0; n < 4; n += 1) statuses.push((await ask(jumpcloud, USERS)).status)

  expect((await ask(jumpcloud, USERS, { key: jumpcloud.keys.readOnly })).status).toBe(401)
  expect(statuses).toEqual([200, 200, 401, 401])
})

test('issues a new key in the place of a revoked one', async () => {
  await using jumpcloud = await startJumpCloud({ users: 2 })
  jumpcloud.levers.revokeKey({ key: jumpcloud.keys.administrator })

  const { secret } = jumpcloud.issue({ name: 'regenerated' })

  expect((await ask(jumpcloud, USERS, { key: secret })).status).toBe(200)
  expect(jumpcloud.requests.at(-1)?.keyId).toBe('regenerated')
})

test('lets a key expire at its instant', async () => {
  const clock = createManualClock()
  await using jumpcloud = await startJumpCloud({ users: 2, clock })
  jumpcloud.levers.expireKey({ key: jumpcloud.keys.administrator, at: clock.now() + 1000 })

  const before = await ask(jumpcloud, USERS)
  clock.advance(1000)
  const after = await ask(jumpcloud, USERS)

  expect([before.status, after.status]).toEqual([200, 401])
})

test('ends a bearer token after its hour and gives another for the same secret', async () => {
  const clock = createManualClock()
  await using jumpcloud = await startJumpCloud({ users: 2, clock })
  const { clientId, clientSecret } = jumpcloud.serviceAccount
  const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
  const trade = async (): Promise<string> => {
    const asking = { key: null, headers: { authorization: basic }, body: 'grant_type=client_credentials&scope=api' }
    return `Bearer ${Object((await ask(jumpcloud, 'POST /oauth2/token', asking)).json).access_token}`
  }
  const use = async (authorization: string) =>
    (await ask(jumpcloud, USERS, { key: null, headers: { authorization } })).status

  const token = await trade()
  const fresh = await use(token)
  clock.advance(3_599_000)

  expect([fresh, await use(token), await use(await trade())]).toEqual([200, 401, 200])
})

const inJson = (text: string) => JSON.stringify(text).slice(1, -1)

test('repeats the presented key in headers and, when it refuses, in the body', async () => {
  await using jumpcloud = await startJumpCloud({ users: 2 })
  jumpcloud.levers.echoKey({})
  const key = jumpcloud.keys.administrator
  const forms = [key, Buffer.from(key).toString('base64'), Buffer.from(key).toString('hex')]

  const fine = await ask(jumpcloud, USERS)
  const refused = await ask(jumpcloud, `GET /api/systemusers/${'f'.repeat(24)}`)
  jumpcloud.levers.serverError({ count: 1 })
  jumpcloud.levers.echoKey({})
  const down = await ask(jumpcloud, USERS)

  expect(['raw', 'base64', 'hex'].map((form) => fine.headers.get(`x-echo-${form}`))).toEqual(forms)
  expect(fine.text).not.toContain(key)
  for (const form of forms) {
    expect(refused.text).toContain(inJson(form))
    expect(down.text).toContain(form)
  }
})

test('plants the key in the description of a group and takes it out again', async () => {
  await using jumpcloud = await startJumpCloud({ users: 2 })
  const { id } = staticGroup(jumpcloud)
  const lever = jumpcloud.levers.plantKey({ key: jumpcloud.keys.administrator, groupId: id })

  const planted = await ask(jumpcloud, 'GET /api/v2/usergroups?limit=100')
  lever.release()
  const clean = await ask(jumpcloud, 'GET /api/v2/usergroups?limit=100')

  expect(planted.text).toContain(inJson(jumpcloud.keys.administrator))
  expect(clean.text).not.toContain(inJson(jumpcloud.keys.administrator))
})
