import { mkdtempDisposable, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { times } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { createFakeClock } from '../../support/fake-clock.ts'
import { addition, openSession, openWriter, postsOf } from '../../support/open-session.ts'
import type { SecretFiles } from '../../support/running-agent.ts'
import { until } from '../../support/until.ts'

test('a write is not sent later than 10 s after its receipt', async () => {
  const clock = createFakeClock()
  await using open = await openWriter({ clock })
  const { session, jumpcloud } = open
  const hold = jumpcloud.levers.hold({ method: 'GET' })
  const asked = jumpcloud.nextRequest(() => true)
  session.run([addition(open)])
  await asked

  await clock.advance(times.startWithinMs + 1)
  hold.release()

  const { answer, rows } = await session.collect('run-00000001')
  expect(answer).toMatchObject({ type: 'done', outcome: 'not_applied' })
  expect(rows).toMatchObject([{ outcome: 'not_applied', reason: 'not_sent' }])
  expect(postsOf(open)).toEqual([])
})

test('a run whose turn comes after its time to live is refused', async () => {
  const clock = createFakeClock()
  await using open = await openSession({ clock })
  const { session, jumpcloud } = open
  const hold = jumpcloud.levers.hold({ path: '/api/v2/usergroups' })
  const asked = jumpcloud.nextRequest(() => true)
  const places = Array.from({ length: 16 }, (_, index) => ({ id: `run-in-place-${index}`, job: 'groups.list' }))
  session.run([...places, { id: 'run-that-waits', job: 'groups.list', ttlMs: 1000 }])
  await asked

  await clock.advance(1001)
  hold.release()
  await Promise.all(places.map(({ id }) => session.answer(id)))

  expect(await session.answer('run-that-waits')).toMatchObject({ type: 'refused', error: { code: 'run_expired' } })
})

test('takes a thousand runs and refuses what is on top as busy', async () => {
  await using open = await openSession()
  const { session, jumpcloud } = open
  const hold = jumpcloud.levers.hold({})
  const all = Array.from({ length: 1001 }, (_, index) => ({ id: `run-of-many-${index}`, job: 'groups.list' }))
  for (let from = 0; from < all.length; from += 64) session.run(all.slice(from, from + 64))

  expect(await session.next('refused')).toMatchObject({ run: 'run-of-many-1000', error: { code: 'agent_busy' } })
  for (const { id } of all) session.send({ type: 'cancel', run: id })
  await Promise.all(all.slice(0, 1000).map(({ id }) => session.answer(id)))
  hold.release()
  session.run([{ id: 'run-afterwards', job: 'org.get' }])
  expect(await session.answer('run-afterwards')).toMatchObject({ type: 'done' })
})

test('a write whose turn comes after its time to live is refused although it was accepted, and changes nothing', async () => {
  const clock = createFakeClock()
  await using open = await openWriter({ clock })
  const { session, jumpcloud } = open
  const hold = jumpcloud.levers.hold({ path: '/api/organizations' })
  const asked = jumpcloud.nextRequest(() => true)
  const places = Array.from({ length: 64 }, (_, index) => ({ id: `run-in-place-${index}`, job: 'org.get' }))
  session.run(places)
  await asked
  session.run([{ ...addition(open), id: 'run-that-writes', ttlMs: 1000 }])
  expect(await session.next('accepted')).toMatchObject({ run: 'run-that-writes' })

  await clock.advance(1001)
  hold.release()

  expect(await session.answer('run-that-writes')).toMatchObject({ type: 'refused', error: { code: 'run_expired' } })
  expect(postsOf(open)).toEqual([])
})

test('a write that comes although the journal was lost is handed back, after the plane was told, and reads go on', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-lost-'))
  const mark = { at: 0, aside: 'journal.corrupt.db', why: 'damaged', isMoved: true }
  await writeFile(join(directory.path, 'journal.lost'), JSON.stringify(mark))
  await using open = await openWriter({ stateDirectory: directory.path })
  const { session } = open

  session.run([{ ...addition(open), id: 'run-that-writes' }])
  expect(await session.next('leaving')).toMatchObject({ runs: ['run-that-writes'] })
  session.run([{ id: 'run-that-reads', job: 'org.get' }])

  expect(session.body.journal).toBe('lost')
  expect(await session.answer('run-that-reads')).toMatchObject({ type: 'done' })
  await rm(join(directory.path, 'journal.lost'))
  await until(() => session.unread('state').some(({ journal }) => journal === 'ok'))
  session.run([{ ...addition(open), id: 'run-that-writes' }])
  expect(await session.answer('run-that-writes')).toMatchObject({ type: 'done', outcome: 'applied' })
})

test('runs that wait for a credential hold no place: what needs another goes on', async () => {
  const main = ({ writerFile }: SecretFiles) => ({ writer: { file: writerFile } })
  await using open = await openWriter({ main, clock: createFakeClock() })
  const { session, jumpcloud, agent } = open
  const { secret } = jumpcloud.issue({ name: 'writer' })
  await writeFile(agent.writerFile, secret, { mode: 0o600 })
  jumpcloud.levers.revokeKey({ key: secret })
  session.run(Array.from({ length: 64 }, (_, index) => ({ ...addition(open), id: `run-that-waits-${index}` })))
  await until(() => agent.lines.filter(({ event }) => event === 'run.parked').length === 64)

  session.run([{ id: 'run-of-others', job: 'org.get' }])

  expect(await session.answer('run-of-others')).toMatchObject({ type: 'done' })
})

test('a write that waited for a credential longer than it may start is handed back, and is done when it comes again', async () => {
  const clock = createFakeClock()
  await using open = await openWriter({ clock })
  const { session, jumpcloud, agent } = open
  jumpcloud.levers.revokeKey({ key: jumpcloud.keys.administrator })
  session.run([addition(open)])
  await session.next('parked')

  await clock.advance(times.startWithinMs)
  expect(await session.next('leaving')).toMatchObject({ runs: ['run-00000001'] })
  await writeFile(agent.keyFile, jumpcloud.issue({ name: 'new' }).secret)
  let sentAfterMs: number = times.startWithinMs
  while (!agent.lines.some(({ event }) => event === 'credential.taken')) {
    await clock.advance(100)
    sentAfterMs += 100
  }
  session.run([{ ...addition(open), attempt: 2 }], { payload: { sentAfterMs } })

  expect(await session.answer('run-00000001')).toMatchObject({ type: 'done', attempt: 2, outcome: 'applied' })
  expect(postsOf(open)).toHaveLength(1)
  expect(agent.lines.filter(({ event }) => event === 'run.answered')).toMatchObject([{ answer: 'done' }])
})
