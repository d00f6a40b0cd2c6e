import { expect, test } from 'vitest'
import { createManualClock } from '../jumpcloud/manual-clock.ts'
import { type JumpCloud, startJumpCloud } from '../jumpcloud/start.ts'
import { type Asked, ask } from './ask.ts'
import { outsiderOf, staticGroup } from './tenant-facts.ts'

const START = '2026-02-01T00:00:00Z'

const events = (jumpcloud: JumpCloud, body: object = {}, suffix = ''): Promise<Asked> =>
  ask(jumpcloud, `POST /insights/directory/v1/events${suffix}`, {
    body: { service: ['all'], start_time: START, ...body },
  })

const idsOf = ({ rows }: Asked) => rows.map((row) => Object(row).id)

async function addMember(jumpcloud: JumpCloud): Promise<{ groupId: string; userId: string }> {
  const group = staticGroup(jumpcloud)
  const user = outsiderOf(jumpcloud, group)
  await ask(jumpcloud, `POST /api/v2/usergroups/${group.id}/members`, {
    body: { op: 'add', type: 'user', id: user.id },
  })
  return { groupId: group.id, userId: user.id }
}

test('pages by search_after through every event exactly once, in both directions', async () => {
  await using jumpcloud = await startJumpCloud({ events: 57, clock: createManualClock() })
  const walk = async (sort: string): Promise<string[]> => {
    const seen: string[] = []
    for (let cursor: unknown = null; ; ) {
      const page = await events(jumpcloud, { limit: 20, sort, ...(cursor === null ? {} : { search_after: cursor }) })
      seen.push(...idsOf(page))
      cursor = JSON.parse(page.headers.get('x-search_after') ?? 'null')
      if (Number(page.headers.get('x-result-count')) < 20) return seen
    }
  }

  const truth = jumpcloud.tenant.events.all.map(({ event }) => event.id)
  expect(await walk('asc')).toEqual(truth)
  expect(await walk('DESC')).toEqual(truth.toReversed())
})

test('names count, limit, sort and cursor in headers even on an empty page', async () => {
  await using jumpcloud = await startJumpCloud({ events: 0, clock: createManualClock() })

  const page = await events(jumpcloud, { limit: 50_000 })

  expect(page.rows).toEqual([])
  expect(['x-result-count', 'x-limit', 'x-sort', 'x-search_after'].map((name) => page.headers.get(name))).toEqual([
    '0',
    '10000',
    'ASC',
    '[]',
  ])
  expect(page.headers.get('x-request-id')).toBe(jumpcloud.requests[0]?.id)
})

test('takes the end of the window as inside it', async () => {
  const clock = createManualClock()
  await using jumpcloud = await startJumpCloud({ events: 0, clock })
  await addMember(jumpcloud)
  const happened = new Date(clock.now()).toISOString()
  clock.advance(60_000)

  const inclusive = await events(jumpcloud, { end_time: happened })
  const before = await events(jumpcloud, { end_time: new Date(Date.parse(happened) - 1).toISOString() })

  expect([inclusive.rows.length, before.rows.length]).toEqual([1, 0])
})

test('shows a membership change as an association_change made with an api key', async () => {
  await using jumpcloud = await startJumpCloud({ events: 0, clock: createManualClock() })
  const { groupId, userId } = await addMember(jumpcloud)

  const { rows } = await events(jumpcloud, { service: ['directory'] })

  const connection = { from: { type: 'user_group', object_id: groupId }, to: { type: 'user', object_id: userId } }
  expect(rows).toMatchObject([
    {
      event_type: 'association_change',
      auth_method: 'api key',
      initiated_by: { type: 'admin', email: 'administrator@example.com' },
      association: { op: 'add', action_source: 'manual', attributes: null, connection },
    },
  ])
})

test('logs creations, changes and deletions of users and groups', async () => {
  await using jumpcloud = await startJumpCloud({ events: 0, clock: createManualClock() })
  const user = await ask(jumpcloud, 'POST /api/systemusers', {
    body: { username: 'nova.quill', email: 'nova.quill@example.com' },
  })
  const group = await ask(jumpcloud, 'POST /api/v2/usergroups', { body: { name: 'Night Shift' } })
  await ask(jumpcloud, `PUT /api/systemusers/${Object(user.json).id}`, { body: { state: 'SUSPENDED' } })
  await ask(jumpcloud, `DELETE /api/v2/usergroups/${Object(group.json).id}`)

  const { rows } = await events(jumpcloud)

  expect(rows.map((row) => Object(row).event_type)).toEqual([
    'user_create',
    'group_create',
    'user_update',
    'group_delete',
  ])
  expect(rows[2]).toMatchObject({
    changes: expect.arrayContaining([
      { field: 'state', from: 'ACTIVATED', to: 'SUSPENDED' },
      { field: 'suspended', from: false, to: true },
    ]),
  })
})

test('hides an event until its ingest delay has passed', async () => {
  const clock = createManualClock()
  await using jumpcloud = await startJumpCloud({ events: 0, clock, dialect: { ingestDelayMs: 120_000 } })
  await addMember(jumpcloud)

  const early = await events(jumpcloud)
  clock.advance(120_000)
  const late = await events(jumpcloud)

  expect([early.rows.length, late.rows.length]).toEqual([0, 1])
})

test('seeds events with mixed precisions and id styles', async () => {
  await using jumpcloud = await startJumpCloud({ events: 60 })
  const all = jumpcloud.tenant.events.all.map(({ event }) => event)

  for (const precision of [/:\d\dZ$/, /\.\d{3}Z$/, /\.\d{9}Z$/])
    expect(all.some(({ timestamp }) => precision.test(timestamp))).toBe(true)
  expect(all.some(({ id }) => /^[0-9A-F]{8}-[0-9A-F]{4}-3/.test(id))).toBe(true)
  expect(all.some(({ id }) => /^[0-9a-f]{24}$/.test(id))).toBe(true)
})

test('counts, buckets and distinguishes the events of a window', async () => {
  await using jumpcloud = await startJumpCloud({ events: 40, clock: createManualClock() })

  const count = await events(jumpcloud, {}, '/count')
  const interval = await events(jumpcloud, { interval_unit: 'd' }, '/interval')
  const distinct = await events(jumpcloud, { field: 'service' }, '/distinct')

  expect(count.json).toEqual({ count: 40 })
  const buckets: { doc_count: number }[] = Object(interval.json).buckets
  expect(buckets.reduce((sum, bucket) => sum + bucket.doc_count, 0)).toBe(40)
  expect(distinct.json).toMatchObject({
    service: expect.arrayContaining([{ key: 'directory', doc_count: expect.any(Number) }]),
  })
})

test('answers distinct values as the specification has them where the dialect says so', async () => {
  await using jumpcloud = await startJumpCloud({
    events: 5,
    dialect: { distinctShape: 'spec' },
    clock: createManualClock(),
  })

  const distinct = await events(jumpcloud, { field: 'service' }, '/distinct')

  expect(distinct.json).toMatchObject({ buckets: expect.any(Array), sum_other_doc_count: 0 })
})

test('searches stored values in lower case, nested and by operator', async () => {
  await using jumpcloud = await startJumpCloud({ events: 30, clock: createManualClock() })
  const radius = jumpcloud.tenant.events.all.filter(({ event }) => event.service === 'radius').length
  const counted = async (search_term: object): Promise<number> => (await events(jumpcloud, { search_term })).rows.length

  expect(await counted({ and: [{ service: 'radius' }, { 'initiated_by.type': ['user', 'admin'] }] })).toBe(radius)
  expect(await counted({ and: [{ auth_type: 'EAP-TTLS/PAP' }] })).toBe(0)
  expect(await counted({ and: [{ auth_type: 'eap-ttls/pap' }] })).toBe(radius)
  expect(await counted({ not: [{ service: 'radius' }] })).toBe(30 - radius)
  expect(await counted({ and: [{ field: 'event_type', operator: 'contains', value: 'radius' }] })).toBe(radius)
})

test('projects fields by dotted names', async () => {
  await using jumpcloud = await startJumpCloud({ events: 1, clock: createManualClock() })

  const { rows } = await events(jumpcloud, { fields: ['id', 'initiated_by.type', 'weather'] })

  expect(rows).toEqual([{ id: expect.any(String), initiated_by: { type: expect.any(String) } }])
})

test('asks a service account for its organisation, and answers for several at once', async () => {
  await using jumpcloud = await startJumpCloud({ events: 4, organizations: 2, clock: createManualClock() })
  const { clientId, clientSecret } = jumpcloud.serviceAccount
  const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
  const token = await ask(jumpcloud, 'POST /oauth2/token', {
    key: null,
    headers: { authorization },
    body: 'grant_type=client_credentials&scope=api',
  })
  const bearer = { authorization: `Bearer ${Object(token.json).access_token}` }
  const line = 'POST /insights/directory/v1/events'
  const body = { service: ['all'], start_time: START }

  const unnamed = await ask(jumpcloud, line, { key: null, headers: bearer, body })
  const named = await ask(jumpcloud, line, { key: null, headers: { ...bearer, 'x-org-id': jumpcloud.tenant.id }, body })
  const ids = jumpcloud.tenants.map(({ id }) => id).join(', ')
  const both = await ask(jumpcloud, line, { key: jumpcloud.keys.multiTenant, headers: { 'x-org-id': ids }, body })

  expect(token.json).toMatchObject({ expires_in: 3599, scope: 'api', token_type: 'bearer' })
  expect([unnamed.status, named.rows.length, both.rows.length]).toEqual([400, 4, 8])
})
