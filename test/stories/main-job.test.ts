// The main job as a vendor sees it, over HTTP, and what it came to as the simulated JumpCloud knows it.

import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { eventsOf, linesOf } from '../support/plane-caller.ts'
import type { SimulatedState } from '../support/simulator-program.ts'
import { shareInstallation } from '../support/story.ts'
import { until } from '../support/until.ts'
import { webSocketTexts } from '../support/web-socket-texts.ts'

const installation = shareInstallation({
  sizes: { users: 1000, groups: 7, dynamicGroups: 1, nestedGroups: 1, events: 60 },
})

const facts = () => installation.simulator.state()
const group = async (place: number) => (await facts()).groups.at(place) ?? fail('the tenant has too few groups')
const outsiderOf = async ({ members }: SimulatedState['groups'][number]) =>
  (await facts()).users.find(({ id }) => !members.includes(id)) ?? fail('everybody is a member')

function fail(why: string): never {
  throw new Error(why)
}

/** What JumpCloud says was changed in a group. */
async function changesOf(groupId: string) {
  const mutations = await installation.simulator.mutations()
  return mutations.filter((mutation) => mutation.groupId === groupId).map(({ op, userId }) => ({ op, userId }))
}

/** The text of each page of a run, cut out of the frames that the relay saw. */
function pagesOnTheWire(run: string): readonly string[] {
  const texts = installation.relay.sent.fromAgent.flatMap(webSocketTexts)
  const frames = texts.filter((text) => text.includes(`"${run}"`) && text.includes('"rows":'))
  return frames.map((text) => text.slice(text.indexOf('"rows":') + '"rows":'.length, -1))
}

test('lists the groups, and tells of one how it gets its members', async () => {
  const { run } = installation

  const listed = await run('groups.list', {})
  const { id: groupId } = await group(-1)
  const dynamic = await run('groups.get', { groupId })

  expect(listed).toMatchObject({ state: 'done', outcome: null, error: null })
  expect(listed.rows.map(({ id, name }) => ({ id, name }))).toEqual(
    (await facts()).groups.map(({ id, name }) => ({ id, name })),
  )
  expect(dynamic.rows).toMatchObject([{ id: groupId, membershipMethod: 'DYNAMIC_AUTOMATED' }])
})

test('brings a thousand users in pages, each once, and the digest is that of the pages as they were sent', async () => {
  const { id, state: ended, rows, sha256 } = await installation.run('users.list', {})

  expect(ended).toBe('done')
  expect(rows.map(({ id }) => id).sort()).toEqual((await facts()).users.map(({ id }) => id).sort())
  const pages = pagesOnTheWire(id)
  expect(pages.length).toBeGreaterThan(1)
  expect(pages.flatMap((page) => JSON.parse(page))).toEqual(rows)
  expect(
    pages.reduce(
      (before, page) =>
        createHash('sha256')
          .update(before + page)
          .digest('hex'),
      '',
    ),
  ).toBe(sha256)
})

test('tells direct members from those that come through a nested group', async () => {
  const [parent, child] = [await group(1), await group(2)]

  const direct = await installation.run('groups.members.list', { groupId: parent.id })
  const effective = await installation.run('groups.members.list', { groupId: parent.id, include: 'effective' })

  expect(direct.rows.map(({ userId }) => userId).sort()).toEqual([...parent.members].sort())
  const everybody = [...new Set([...parent.members, ...child.members])].sort()
  expect(effective.rows.map(({ userId }) => userId).sort()).toEqual(everybody)
  const isDirect = new Map(effective.rows.map(({ userId, direct }) => [userId, direct]))
  expect(everybody.map((userId) => isDirect.get(userId))).toEqual(everybody.map((id) => parent.members.includes(id)))
})

test('adds a member, knows it the second time, removes it, and JumpCloud was changed twice', async () => {
  const { run } = installation
  const { id: groupId } = await group(3)
  const userIds = [(await outsiderOf(await group(3))).id]

  const fates = []
  for (const job of ['groups.members.add', 'groups.members.add', 'groups.members.remove', 'groups.members.remove']) {
    const { state, outcome, rows } = await run(job, { groupId, userIds })
    fates.push([state, outcome, rows.map(({ reason }) => reason)])
  }

  expect(fates).toEqual([
    ['done', 'applied', [null]],
    ['done', 'already', [null]],
    ['done', 'applied', [null]],
    ['done', 'already', [null]],
  ])
  expect(await changesOf(groupId)).toEqual([
    { op: 'add', userId: userIds[0] },
    { op: 'remove', userId: userIds[0] },
  ])
})

test('says what a dry run would do, and that a dynamic group takes no member, and changes nothing', async () => {
  const { run } = installation
  const [staticGroup, dynamic] = [await group(4), await group(-1)]
  const add = (groupId: string, userIds: readonly string[], dryRun: boolean) =>
    run('groups.members.add', { groupId, userIds, dryRun })

  const dry = await add(staticGroup.id, [(await outsiderOf(staticGroup)).id, ...staticGroup.members.slice(0, 1)], true)
  const ignored = await add(dynamic.id, [(await outsiderOf(dynamic)).id], false)

  expect(dry.outcome).toBe('not_applied')
  expect(dry.rows.map(({ would, reason }) => [would, reason]).sort()).toEqual([
    ['already', 'dry_run'],
    ['apply', 'dry_run'],
  ])
  expect(ignored.rows).toMatchObject([{ outcome: 'not_applied', reason: 'dynamic_group', would: null }])
  expect([...(await changesOf(staticGroup.id)), ...(await changesOf(dynamic.id))]).toEqual([])
})

test('refuses a change that the policy does not allow, names the rule, and asks JumpCloud nothing', async () => {
  const { run, simulator } = installation
  const before = (await simulator.requests()).length

  const refused = await run('groups.members.add', {
    groupId: (await group(0)).id,
    userIds: [(await facts()).users[0]?.id],
  })

  expect(refused).toMatchObject({ state: 'refused', rows: [], error: { code: 'policy_denied', fault: 'customer' } })
  expect(refused.error?.rule).toMatch(/policy\.yaml connections\.main\.groups\.allow$/)
  expect((await simulator.requests()).length).toBe(before)
})

test('pulls the events of what it just did', async () => {
  const startAt = new Date(Date.now() - 1000).toISOString()
  const { id: groupId } = await group(5)
  const { id: userId } = await outsiderOf(await group(5))
  await installation.run('groups.members.add', { groupId, userIds: [userId] })

  const { rows } = await installation.run('events.pull', { startAt, endAt: new Date(Date.now() + 1000).toISOString() })
  const all = await installation.run('events.pull', { startAt: '2020-01-01T00:00:00Z', endAt: '2035-01-01T00:00:00Z' })

  const texts = rows.map((row) => JSON.stringify(row))
  expect(texts.filter((text) => text.includes(groupId) && text.includes(userId))).toHaveLength(1)
  expect(new Set(all.rows.map(({ id }) => id)).size).toBe((await installation.simulator.state()).eventCount)
})

test('is one run however often it is posted with one Idempotency-Key, and refuses other content under it', async () => {
  const { caller } = installation.plane
  const key = 'order-4711'
  const before = (await installation.simulator.requests()).length

  const ids = await Promise.all([1, 2, 3].map(() => caller.submit('org.get', {}, { key })))
  await caller.follow(ids[0] ?? '')
  const other = await caller.ask('POST', '/v1/agents/acme/runs', { job: 'groups.list' }, { 'idempotency-key': key })

  expect(new Set(ids).size).toBe(1)
  expect((await installation.simulator.requests()).length).toBe(before + 1)
  expect(other).toMatchObject({ status: 409, body: { error: { code: 'idempotency_conflict', fault: 'caller' } } })
})

test('refuses params that do not fit before anything is sent', async () => {
  const { ask } = installation.plane.caller
  const submit = (job: string, params: unknown) => ask('POST', '/v1/agents/acme/runs', { job, params })

  const answers = [
    await submit('groups.members.add', { groupId: 'all', userIds: [] }),
    await submit('groups.list', { nmae: 'misspelt' }),
    await submit('groups.destroy', {}),
  ]

  expect(answers.map(({ status }) => status)).toEqual([422, 422, 422])
  expect(answers.map(({ body }) => body.error)).toMatchObject([
    { code: 'params_invalid', message: expect.stringContaining('groupId') },
    { code: 'params_invalid', message: expect.stringContaining('nmae') },
    { code: 'job_unknown' },
  ])
})

test('ends a listing that is cancelled, and takes its request back from JumpCloud', async () => {
  const { simulator, plane } = installation
  const held = await simulator.pull('hold', { path: '/api/systemusers' })
  const id = await plane.caller.submit('users.list', {})
  const lastRequest = async () => (await simulator.requests()).at(-1)
  await until(async () => (await lastRequest())?.outcome === 'pending')

  await plane.caller.ask('POST', `/v1/runs/${id}/cancel`)

  expect(await plane.caller.follow(id)).toMatchObject({ state: 'cancelled', rows: [], error: { code: 'cancelled' } })
  await until(async () => (await lastRequest())?.outcome === 'aborted')
  await held.release()
})

test('gives the same rows as NDJSON and as server-sent events, and goes on after the last one that arrived', async () => {
  const { caller } = installation.plane
  const id = await caller.submit('users.list', {})
  const pages = `/v1/runs/${id}/pages`
  const sse = { accept: 'text/event-stream' }

  const lines = linesOf(await (await caller.open(pages)).text())
  const events = eventsOf(await (await caller.open(pages, sse)).text())
  const seen = events.at(700)?.id ?? ''
  const rest = eventsOf(await (await caller.open(pages, { ...sse, 'last-event-id': seen })).text())

  expect(lines.map(({ type }) => type).filter((type) => type !== 'row')).toEqual(['attempt', 'done'])
  expect(events.map(({ data }) => data)).toEqual(lines)
  expect(seen).toBe('1:699')
  expect(rest.filter(({ event }) => event === 'row')).toEqual(events.slice(701, -1))
})
