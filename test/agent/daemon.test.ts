import { expect, test } from 'vitest'
import { createFakeClock } from '../support/fake-clock.ts'
import { addition, openSession, openWriter, postsOf } from '../support/open-session.ts'
import { startPlanePeer } from '../support/plane-peer.ts'
import { startAgent } from '../support/running-agent.ts'

test('a drain hands back what was not started, finishes the rest, and then leaves', async () => {
  await using open = await openWriter()
  const { session, jumpcloud, agent } = open
  const write = addition(open)
  const hold = jumpcloud.levers.hold({})
  const asked = jumpcloud.nextRequest(() => true)
  const places = Array.from({ length: 16 }, (_, index) => ({ id: `run-in-place-${index}`, job: 'groups.list' }))
  session.run([...places, { id: 'run-not-started', job: 'groups.list' }, { id: 'run-that-writes', ...write }])
  await asked
  await session.next('accepted')

  const drained = agent.daemon.drain()
  expect(await session.next('state')).toMatchObject({ draining: true })
  expect(await session.next('leaving')).toMatchObject({ runs: ['run-not-started'] })
  session.run([{ id: 'run-that-crossed', job: 'org.get' }])
  expect(await session.next('leaving')).toMatchObject({ runs: ['run-that-crossed'] })
  hold.release()
  const answers = await Promise.all([...places, { id: 'run-that-writes' }].map(({ id }) => session.answer(id)))
  await drained

  expect(new Set(answers.map(({ type }) => type))).toEqual(new Set(['done']))
  expect(await session.closed).toEqual({ code: 4415, reason: 'left' })
  expect(session.said.map(({ type }) => type).indexOf('leaving')).toBeLessThan(
    session.said.findIndex(({ type }) => type === 'done'),
  )
  const events = agent.lines.map(({ event }) => event)
  expect(events.slice(-4)).toEqual(['runs.drained', 'session.closed', 'ledger.head', 'agent.stopped'])
})

test('a drain hands back a new attempt of a read that it was about to finish', async () => {
  await using open = await openSession()
  const { session, agent, jumpcloud } = open
  const hold = jumpcloud.levers.hold({})
  const asked = jumpcloud.nextRequest(() => true)
  session.run([{ job: 'groups.list' }])
  await asked

  const drained = agent.daemon.drain()
  await session.next('leaving')
  session.run([{ job: 'groups.list', attempt: 2 }])
  expect(await session.next('leaving')).toMatchObject({ runs: ['run-00000001'] })
  hold.release()
  await drained

  expect(session.unread('done')).toEqual([])
})

test('a drain hands back what waits for a credential, also what comes to wait for one, instead of waiting with it', async () => {
  await using open = await openWriter()
  const { session, jumpcloud, agent } = open
  const hold = jumpcloud.levers.hold({ path: '/api/v2/usergroups' })
  const asked = jumpcloud.nextRequest(({ path }) => path === '/api/v2/usergroups')
  session.run([{ id: 'run-under-way', job: 'groups.list' }])
  await asked
  jumpcloud.levers.revokeKey({ key: jumpcloud.keys.administrator })
  session.run([{ id: 'run-parked-read', job: 'users.list' }])
  await agent.line('run.parked')
  session.run([{ id: 'run-parked-write', ...addition(open) }])
  await agent.line('run.parked', agent.lines.length)

  const drained = agent.daemon.drain()
  expect(await session.next('leaving')).toMatchObject({ runs: ['run-parked-read', 'run-parked-write'] })
  hold.release()
  expect(await session.next('leaving')).toMatchObject({ runs: ['run-under-way'] })
  await drained

  expect([...session.unread('done'), ...session.unread('failed')]).toEqual([])
  expect(postsOf(open)).toEqual([])
})

test('a drain with nothing to do leaves at once', async () => {
  await using open = await openSession()

  await open.agent.daemon.drain()

  expect(await open.session.closed).toEqual({ code: 4415, reason: 'left' })
})

test('a drain waits until the answer is stored, over a cut, and tells the next session that it goes on', async () => {
  await using open = await openSession()
  const { session, plane, agent } = open
  session.run([{ job: 'org.get' }])
  await session.next('done')

  const drained = agent.daemon.drain()
  await session.next('leaving')
  session.cut()
  const later = await plane.session()
  expect(await later.next('state')).toMatchObject({ draining: true })
  await later.answer('run-00000001')
  await drained

  expect(await later.closed).toMatchObject({ reason: 'left' })
})

test('a stop ends a drain that waits, and what is under way', async () => {
  await using open = await openWriter()
  const { session, jumpcloud, agent } = open
  jumpcloud.levers.hold({})
  const asked = jumpcloud.nextRequest(() => true)
  session.run([{ job: 'groups.list' }])
  await asked

  void agent.daemon.drain()
  await session.next('leaving')
  await agent.daemon.stop()

  expect(await session.closed).toMatchObject({ reason: 'left' })
  expect(postsOf(open)).toEqual([])
})

test('starts although its key is missing, and its plane away', async () => {
  const plane = await startPlanePeer()
  await plane[Symbol.asyncDispose]()
  await using agent = await startAgent({ plane, key: undefined })

  expect(await agent.line('credential.missing')).toMatchObject({ level: 'error', connection: 'main' })
  expect(await agent.line('session.failed')).toMatchObject({ error: { code: 'plane_unreachable' } })
})

test('a drain does not wait for ever for a plane that takes no answer', async () => {
  const clock = createFakeClock()
  await using open = await openSession({ clock })
  const { session, agent } = open
  session.run([{ job: 'no.such' }])
  await session.next('refused')

  const drained = agent.daemon.drain()
  await session.next('leaving')
  await clock.advance(29_999)
  expect(agent.lines.map(({ event }) => event)).not.toContain('agent.drain_overdue')
  await clock.advance(1)
  await drained

  expect(await session.closed).toEqual({ code: 4415, reason: 'left' })
  expect(await agent.line('agent.drain_overdue')).toMatchObject({ held: 1, drainMs: 30_000 })
})

test('an agent that is told to stop twice stops once', async () => {
  await using open = await openSession()

  await Promise.all([open.agent.daemon.drain(), open.agent.daemon.stop(), open.agent.daemon.stop()])

  expect(open.agent.lines.filter(({ event }) => event === 'agent.stopped')).toHaveLength(1)
})
