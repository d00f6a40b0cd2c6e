import { expect, test } from 'vitest'
import { startJumpCloud } from '../jumpcloud/start.ts'
import { ask } from './ask.ts'

const idsOf = (rows: readonly unknown[]) => rows.map((row) => Object(row).id)

test('clamps a v1 page to 100 rows and has no total in the headers', async () => {
  await using jumpcloud = await startJumpCloud({ users: 120 })

  const page = await ask(jumpcloud, 'GET /api/systemusers?limit=500')

  expect(page.rows).toHaveLength(100)
  expect(page.json).toMatchObject({ totalCount: 120 })
  expect(page.headers.has('x-total-count')).toBe(false)
})

test('clamps a v2 page to 100 rows, to 400 where the dialect says so, or refuses', async () => {
  await using jumpcloud = await startJumpCloud({ users: 450, groups: 1, dynamicGroups: 0 })
  const line = `GET /api/v2/usergroups/${jumpcloud.tenant.groups.all[0]?.id}/members?limit=1000`

  const clamped = await ask(jumpcloud, line)
  jumpcloud.dialect.v2PageLimit = 400
  const wider = await ask(jumpcloud, line)
  jumpcloud.dialect.v2LimitTooLarge = 'refuse'
  const refused = await ask(jumpcloud, line)

  expect([clamped.rows.length, wider.rows.length, refused.status]).toEqual([100, 400, 400])
})

test('leaves x-total-count out where the dialect says so', async () => {
  await using jumpcloud = await startJumpCloud({ users: 3, groups: 2, dialect: { totalCountHeader: false } })

  const page = await ask(jumpcloud, 'GET /api/v2/usergroups')

  expect(page.headers.has('x-total-count')).toBe(false)
})

test('pages through a whole listing without a gap', async () => {
  await using jumpcloud = await startJumpCloud({ users: 25 })

  const pages = await Promise.all(
    [0, 10, 20].map((skip) => ask(jumpcloud, `GET /api/systemusers?limit=10&skip=${skip}&sort=_id`)),
  )

  expect(pages.flatMap(({ rows }) => idsOf(rows))).toEqual(jumpcloud.tenant.users.all.map(({ id }) => id))
})

test('sorts v1 by space-separated fields and ignores commas', async () => {
  await using jumpcloud = await startJumpCloud({ users: 12 })
  const names = jumpcloud.tenant.users.all.map(({ username }) => username)
  const order = async (sort: string) => {
    const { rows } = await ask(jumpcloud, `GET /api/systemusers?limit=100&sort=${encodeURIComponent(sort)}`)
    return rows.map((row) => Object(row).username)
  }

  expect(await order('-username')).toEqual(names.toSorted().reverse())
  expect(await order('company username')).toEqual(names.toSorted())
  expect(await order('company,username')).toEqual(names)
})

test('sorts v2 by comma-separated fields', async () => {
  await using jumpcloud = await startJumpCloud({ users: 3, groups: 8 })

  const { rows } = await ask(jumpcloud, 'GET /api/v2/usergroups?sort=type,-name')

  const names = jumpcloud.tenant.groups.all.map(({ name }) => name)
  expect(rows.map((row) => Object(row).name)).toEqual(names.toSorted().reverse())
})

test('refuses a v2 sort where the dialect says so', async () => {
  await using jumpcloud = await startJumpCloud({ users: 3, groups: 8, dialect: { v2Sort: 'refused' } })

  const sorted = await ask(jumpcloud, 'GET /api/v2/usergroups?sort=id')
  const plain = await ask(jumpcloud, 'GET /api/v2/usergroups')

  expect([sorted.status, plain.status]).toEqual([400, 200])
})

test('orders a v2 list otherwise for each request that has no sort where the dialect says so', async () => {
  await using jumpcloud = await startJumpCloud({ users: 3, groups: 90, dialect: { v2Unsorted: 'unstable' } })
  const order = async (query: string) => {
    const { rows } = await ask(jumpcloud, `GET /api/v2/usergroups?limit=100${query}`)
    return idsOf(rows)
  }

  // Two of them may be the same by chance, one time in ninety.
  const orders: (readonly string[])[] = []
  while (orders.length < 8) orders.push(await order(''))
  const [sorted, again] = [await order('&sort=id'), await order('&sort=id')]

  expect(new Set(orders.map(String)).size).toBeGreaterThan(1)
  expect(new Set(orders.map((ids) => String(ids.toSorted())))).toEqual(new Set([String(sorted)]))
  expect(again).toEqual(sorted)
})

test('projects the fields that were asked for and always the id', async () => {
  await using jumpcloud = await startJumpCloud({ users: 1 })

  const { rows } = await ask(jumpcloud, 'GET /api/systemusers?fields=username%20state')

  expect(Object.keys(Object(rows[0])).sort()).toEqual(['_id', 'id', 'state', 'username'])
})

test.each([
  ['filter=username:$eq:NAME', 1],
  ['filter=username:$ne:NAME', 29],
  ['filter=username:$in:NAME|nobody', 1],
  ['filter=username:eq:NAME', 30],
  ['filter[0]=username:$eq:NAME&filter[1]=company:$eq:Nowhere', 0],
  ['filter[or][0]=username:$eq:NAME&filter[or][1]=company:$eq:Nowhere', 1],
  ['filter=mfa.exclusion:$eq:true', 0],
  ['search=NAME', 1],
])('finds with the v1 query %s → %i', async (query, count) => {
  await using jumpcloud = await startJumpCloud({ users: 30 })
  const name = String(jumpcloud.tenant.users.all[4]?.username)

  const { json } = await ask(jumpcloud, `GET /api/systemusers?${query.replace('NAME', name)}`)

  expect(json).toMatchObject({ totalCount: count })
})

test('takes $co only with the header x-eventually-consistent', async () => {
  await using jumpcloud = await startJumpCloud({ users: 10 })
  const line = 'GET /api/systemusers?filter=username:$co:~~'

  const plain = await ask(jumpcloud, line)
  const eventual = await ask(jumpcloud, line, { headers: { 'x-eventually-consistent': 'true' } })

  expect([plain.rows.length, eventual.rows.length]).toEqual([10, 0])
})

test.each([
  ['name:eq:All Users', 1],
  ['name:eq:All*', 1],
  ['name:ne:All Users', 5],
  ['membershipMethod:eq:DYNAMIC_AUTOMATED', 2],
  ['name:search:users', 1],
  ['name:eq:All Users,type:eq:user_group', 1],
  ['name:eq:all users', 0],
])('finds groups with the v2 filter %s → %i', async (filter, count) => {
  await using jumpcloud = await startJumpCloud({ users: 5, groups: 6, dynamicGroups: 2 })

  const { rows } = await ask(jumpcloud, `GET /api/v2/usergroups?filter=${encodeURIComponent(filter)}`)

  expect(rows).toHaveLength(count)
})

test('ignores filters where the dialect says so', async () => {
  await using jumpcloud = await startJumpCloud({ users: 5, groups: 6, dialect: { filters: 'ignored' } })

  const { rows } = await ask(jumpcloud, 'GET /api/v2/usergroups?filter=name:eq:All%20Users')

  expect(rows).toHaveLength(6)
})

test('sends the headers that were recorded, and gzip only when asked', async () => {
  await using jumpcloud = await startJumpCloud({ users: 5 })

  const zipped = await ask(jumpcloud, 'GET /api/systemusers', { headers: { 'accept-encoding': 'gzip' } })
  const plain = await ask(jumpcloud, 'GET /api/systemusers', { headers: { 'accept-encoding': 'identity' } })

  for (const name of ['etag', 'x-response-time', 'cf-ray']) expect(zipped.headers.get(name)).toMatch(/./)
  expect(zipped.headers.get('vary')).toBe('Accept-Encoding')
  expect(zipped.headers.get('content-encoding')).toBe('gzip')
  expect(plain.headers.has('content-encoding')).toBe(false)
  expect(zipped.json).toEqual(plain.json)
})
