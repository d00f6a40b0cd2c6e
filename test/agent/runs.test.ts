import { expect, test } from 'vitest'
import { openSession } from '../support/open-session.ts'
import { digestOf, rowsOf } from '../support/plane-peer-session.ts'
import { until } from '../support/until.ts'

test('a read of one page is answered inside done, and never accepted', async () => {
  await using open = await openSession()

  open.session.run([{ job: 'groups.list' }])

  const { answer, rows } = await open.session.collect('run-00000001')
  expect(answer).toMatchObject({ type: 'done', attempt: 1, pages: 1, rowCount: open.jumpcloud.tenant.groups.size })
  expect(answer.sha256).toBe(digestOf([answer]))
  expect(rows).toHaveLength(open.jumpcloud.tenant.groups.size)
  expect(Object.keys(JSON.parse(answer.text)).at(-1)).toBe('rows')
  expect(open.session.unread('accepted')).toEqual([])
})

test('a read of no row has no page', async () => {
  await using open = await openSession()

  open.session.run([{ job: 'groups.list', params: { name: 'there is no such group' } }])

  const { answer } = await open.session.collect('run-00000001')
  expect(answer).toMatchObject({ type: 'done', pages: 0, rowCount: 0, sha256: digestOf([]) })
  expect(answer).not.toHaveProperty('rows')
})

test('a read of many pages is accepted first, and comes in order, whole and with the digest of all its pages', async () => {
  await using open = await openSession({ sizes: { users: 1500, membersPerGroup: 1 } })

  open.session.run([{ job: 'users.list' }])

  const { pages, answer, rows } = await open.session.collect('run-00000001')
  expect(open.session.unread('accepted')).toMatchObject([{ run: 'run-00000001', attempt: 1 }])
  expect(open.session.said[0]).toMatchObject({ type: 'hello' })
  expect(pages.length).toBeGreaterThan(2)
  expect(pages.map(({ seq }) => seq)).toEqual(pages.map((_page, index) => index))
  expect(answer).toMatchObject({ type: 'done', pages: pages.length, rowCount: 1500, sha256: digestOf(pages) })
  expect(Math.max(...pages.map((page) => Buffer.byteLength(rowsOf(page))))).toBeLessThanOrEqual(256 * 1024)
  const ids = rows.map((row) => (row as { id: string }).id) // rows of users.list
  expect(new Set(ids)).toEqual(new Set(open.jumpcloud.tenant.users.all.map(({ id }) => id)))
})

test('a read sends no page beyond its credit, and lets small frames pass meanwhile', async () => {
  await using open = await openSession({ sizes: { users: 1500, membersPerGroup: 1 } })
  const { session } = open

  const inBetween = async (id: string) => {
    session.run([{ id, job: 'no.such' }])
    return (await session.answer(id)).type
  }
  session.run([{ id: 'run-of-pages', job: 'users.list' }])
  const page = await session.next('page')
  const byteCount = Buffer.byteLength(rowsOf(page))
  // All are of one size, and so many have room.
  const fitting = Math.floor((256 * 1024) / byteCount)
  for (let seq = 1; seq < fitting; seq += 1) {
    session.send({ type: 'ack', run: 'run-of-pages', attempt: 1, seq: seq - 1 })
    expect(await session.next('page')).toMatchObject({ seq })
  }
  session.send({ type: 'ack', run: 'run-of-pages', attempt: 1, seq: fitting - 1 })

  expect(await inBetween('run-in-between')).toBe('refused')
  expect(session.unread('page')).toEqual([])
  session.send({ type: 'credit', bytes: 512 * 1024 })
  expect(await inBetween('run-still-waits')).toBe('refused')
  expect(session.unread('page')).toEqual([])
  session.send({ type: 'credit', run: 'run-of-pages', bytes: 256 * 1024 + byteCount })
  expect(await session.next('page')).toMatchObject({ seq: fitting })
})

test('a read does not hold back a short one', async () => {
  await using open = await openSession({ sizes: { users: 1500, membersPerGroup: 1 } })
  const { session } = open

  session.run([{ id: 'run-of-pages', job: 'users.list' }])
  await session.next('page')
  session.run([{ id: 'run-that-is-short', job: 'org.get' }])
  session.send({ type: 'credit', bytes: 1024 * 1024 })

  expect(await session.answer('run-that-is-short')).toMatchObject({ type: 'done', rowCount: 1 })
})

test('a read goes on in the next session from the page that the plane asks for, with the same bytes', async () => {
  await using open = await openSession({ sizes: { users: 1500, membersPerGroup: 1 } })
  const { session, plane } = open
  session.run([{ job: 'users.list' }])
  const first = await session.next('page')
  session.send({ type: 'credit', bytes: 1024 * 1024 })
  session.send({ type: 'credit', run: 'run-00000001', bytes: 1024 * 1024 })
  const second = await session.next('page')

  plane.levers.welcome = (honest) => ({
    ...honest,
    held: [{ run: 'run-00000001', attempt: 1, keep: true, next: 1 }],
  })
  session.cut()
  const later = await plane.session()

  expect(later.body.held).toEqual([{ run: 'run-00000001', attempt: 1 }])
  const { pages, answer } = await later.collect('run-00000001')
  expect(pages[0]).toMatchObject({ seq: 1 })
  expect(pages[0]?.text).toBe(second.text)
  expect(answer).toMatchObject({ type: 'done', pages: pages.length + 1, sha256: digestOf([first, ...pages]) })
})

test('a read is dropped without a word where the plane says abandon, or says nothing of it', async () => {
  await using open = await openSession()
  const { session, plane, jumpcloud } = open
  const hold = jumpcloud.levers.hold({ path: '/api/v2/usergroups' })
  const asked = jumpcloud.nextRequest(() => true)
  session.run([{ id: 'run-abandoned', job: 'groups.list' }])
  session.run([{ id: 'run-not-named', job: 'groups.list' }])
  await asked

  plane.levers.welcome = (honest) => ({
    ...honest,
    held: [{ run: 'run-abandoned', attempt: 1, keep: false, next: 0 }],
  })
  session.cut()
  const later = await plane.session()
  hold.release()
  later.run([{ id: 'run-of-later', job: 'org.get' }])
  await later.answer('run-of-later')
  later.cut()

  expect(later.said.map(({ run }) => run)).not.toContain('run-abandoned')
  expect(later.said.map(({ run }) => run)).not.toContain('run-not-named')
  expect((await plane.session()).body.held).toEqual([])
})

test('a read begins again at page 0 as a new attempt', async () => {
  await using open = await openSession({ sizes: { users: 1500, membersPerGroup: 1 } })
  const { session } = open
  session.run([{ job: 'users.list' }])
  await session.next('page')

  session.run([{ job: 'users.list', attempt: 2 }])
  session.send({ type: 'credit', bytes: 8 * 1024 * 1024 })
  const collected = await session.collect('run-00000001')
  const pages = collected.pages.filter(({ attempt }) => attempt === 2)
  const { answer } = collected

  expect(pages[0]).toMatchObject({ attempt: 2, seq: 0 })
  expect(collected.pages.slice(-pages.length)).toEqual(pages)
  expect(answer).toMatchObject({ type: 'done', attempt: 2, sha256: digestOf(pages) })
})

test('a read is held until its answer is acknowledged, and told again in the next session', async () => {
  await using open = await openSession()
  const { session, plane } = open
  session.run([{ job: 'groups.list' }])
  const first = await session.next('done')

  session.cut()
  const later = await plane.session()
  const second = await later.answer('run-00000001')
  later.cut()

  expect(second.text).toBe(first.text)
  expect((await plane.session()).body.held).toEqual([])
})

test('a read is still held after an acknowledgement of another attempt', async () => {
  await using open = await openSession()
  const { session, plane } = open
  session.run([{ job: 'groups.list', attempt: 2 }])
  const first = await session.next('done')

  for (const attempt of [1, 3]) session.send({ type: 'ack', run: 'run-00000001', attempt, seq: 'final' })
  session.run([{ id: 'run-of-later', job: 'org.get' }])
  await session.answer('run-of-later')
  session.cut()
  const later = await plane.session()

  expect(later.body.held).toContainEqual({ run: 'run-00000001', attempt: 2 })
  expect((await later.answer('run-00000001')).text).toBe(first.text)
})

test('reads that were given up while they waited to be stored leave their places to others', async () => {
  await using open = await openSession({ sizes: { users: 1500, membersPerGroup: 1 } })
  const { session, plane } = open
  const ids = Array.from({ length: 16 }, (_, index) => `run-blocked-${index}`)
  session.run(ids.map((id) => ({ id, job: 'users.list' })))
  await until(() => open.agent.lines.filter(({ event }) => event === 'run.accepted').length === ids.length)
  // As many pages as are made without being stored, of each.
  await until(() => open.jumpcloud.requests.length >= ids.length * 3)

  plane.levers.welcome = (honest) => ({ ...honest, held: [] })
  session.cut()
  const later = await plane.session()
  later.run([{ id: 'run-of-later', job: 'groups.list' }])

  expect(await later.answer('run-of-later')).toMatchObject({ type: 'done' })
})
