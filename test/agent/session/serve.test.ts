import { expect, test } from 'vitest'
import { createFakeClock } from '../../support/fake-clock.ts'
import { startPlanePeer } from '../../support/plane-peer.ts'
import { makeSigningKey, statementOf } from '../../support/plane-peer-keys.ts'
import { startAgent } from '../../support/running-agent.ts'
import { until } from '../../support/until.ts'

async function openSession() {
  await using stack = new AsyncDisposableStack()
  const plane = stack.use(await startPlanePeer())
  const agent = stack.use(await startAgent({ plane }))
  const session = await plane.session()
  await agent.line('session.opened')
  const all = stack.move()
  return { plane, agent, session, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** Something that is answered, as a proof of life. */
async function isAlive({ session }: Awaited<ReturnType<typeof openSession>>, id: string): Promise<boolean> {
  session.run([{ id, job: 'no.such' }])
  return (await session.answer(id)).type === 'refused'
}

test('ignores frames of a type that it does not know, and goes on', async () => {
  await using open = await openSession()

  open.session.send({ type: 'festival', music: ['loud'] })
  open.session.send({ type: '__proto__' })
  open.session.send({ type: 'hello' })

  expect(await isAlive(open, 'run-alive-1')).toBe(true)
  const ignored = open.agent.lines.filter(({ event }) => event === 'frame.ignored')
  expect(ignored.map(({ type }) => type)).toEqual(['gossip', 'festival', '__proto__', 'hello'])
  open.session.close(1000)
  const closed = await open.agent.line('session.closed')
  expect(closed).toMatchObject({ ignored: { frameCount: 4, memberCount: expect.any(Number) } })
})

test('refuses a frame over 1 MiB alone', async () => {
  await using open = await openSession()

  open.session.send({ type: 'cancel', run: 'run-large-1', padding: 'x'.repeat(1024 * 1024) })

  expect(await isAlive(open, 'run-alive-2')).toBe(true)
  expect(await open.agent.line('frame.refused')).toMatchObject({ why: 'over 1 MiB' })
})

test('closes the socket past 4 MiB, and comes back', async () => {
  await using open = await openSession()

  open.session.sendText('x'.repeat(4 * 1024 * 1024 + 1))

  expect(await open.session.closed).toMatchObject({ code: 1009 })
  await open.plane.session()
})

test.each([
  { what: 'no JSON', text: '{"type":', code: 4400, reason: 'frame_malformed' },
  { what: 'a list', text: '[]', code: 4400, reason: 'frame_malformed' },
  { what: 'no type', text: '{}', code: 4400, reason: 'frame_malformed' },
  { what: 'a binary message', text: Buffer.from('{"type":"x"}'), code: 4400, reason: 'frame_malformed' },
  { what: 'members that do not fit', text: '{"type":"cancel","run":7}', code: 4401, reason: 'frame_invalid' },
  { what: 'negative credit', text: '{"type":"credit","bytes":-1}', code: 4401, reason: 'frame_invalid' },
  { what: 'a JWS that is none', text: '{"type":"run","jws":"a.b"}', code: 4401, reason: 'frame_invalid' },
  {
    what: 'a second challenge',
    text: JSON.stringify({
      ...{ type: 'challenge', plane: 'plane-1', nonce: 'n'.repeat(43), time: 0, protocol: { min: 1, max: 1 } },
    }),
    ...{ code: 4402, reason: 'frame_unexpected' },
  },
])('closes with $reason on $what, says so, and comes back', async ({ text, code, reason }) => {
  await using open = await openSession()

  open.session.sendText(text)

  expect(await open.session.closed).toEqual({ code, reason })
  expect(await open.agent.line('session.closed')).toMatchObject({ level: 'warn', code, reason })
  await open.plane.session()
})

test('does nothing more of a session that it has closed', async () => {
  await using open = await openSession()

  open.session.sendText('{}')
  open.session.run([{ id: 'run-too-late', job: 'groups.list' }])
  await open.session.closed

  expect((await open.plane.session()).body.held).toEqual([])
})

test('pins newer keys that a pinned key announces, at once and over a restart', async () => {
  await using plane = await startPlanePeer()
  const next = makeSigningKey()
  await using agent = await startAgent({ plane })
  const session = await plane.session()

  session.send({ type: 'keys', jws: plane.key.sign('sallyport-keys', statementOf(plane.id, 2, next)) })
  session.run([{ id: 'run-new-key', job: 'no.such' }], { key: next })

  expect(await session.answer('run-new-key')).toMatchObject({ error: { code: 'job_unknown' } })
  session.run([{ id: 'run-old-key', job: 'no.such' }], { key: plane.key })
  expect(await session.next('refused')).toMatchObject({ error: { code: 'batch_key_unknown' } })
  await until(async () => (await agent.identityFile.read()).plane.keys.version === 2)
  session.cut()
  plane.signWith(next)
  await plane.session()
  expect((await agent.identityFile.read()).plane.keys).toEqual(statementOf(plane.id, 2, next))
})

test('keeps the counter going up where keys arrive in the last moment of a session', async () => {
  await using open = await openSession()
  const { plane, session, agent } = open
  const next = makeSigningKey()

  session.send({ type: 'keys', jws: plane.key.sign('sallyport-keys', statementOf(plane.id, 2, plane.key, next)) })
  session.close(1012)
  const second = await plane.session()
  await until(async () => (await agent.identityFile.read()).plane.keys.version === 2)

  expect(second.body.counter).toBe(2)
  expect((await agent.identityFile.read()).counter).toBe(2)
})

test('ignores a statement of the same or a lower version', async () => {
  await using open = await openSession()
  const { plane, session, agent } = open

  session.send({ type: 'keys', jws: plane.key.sign('sallyport-keys', statementOf(plane.id, 1, makeSigningKey())) })

  expect(await isAlive(open, 'run-alive-3')).toBe(true)
  expect((await agent.identityFile.read()).plane.keys).toEqual(plane.statement)
})

const stranger = makeSigningKey()

test.each([
  {
    what: 'is signed by a key that is not pinned',
    jws: () => stranger.sign('sallyport-keys', statementOf('plane-1', 2, stranger)),
  },
  {
    what: 'is of another plane',
    jws: (key: typeof stranger) => key.sign('sallyport-keys', statementOf('plane-2', 2, stranger)),
  },
  {
    what: 'was signed as a batch',
    jws: (key: typeof stranger) => key.sign('sallyport-batch', statementOf('plane-1', 2, stranger)),
  },
  { what: 'is no statement', jws: (key: typeof stranger) => key.sign('sallyport-keys', { keys: [] }) },
])('closes with plane_proof_wrong where a statement $what, and pins nothing', async ({ jws }) => {
  await using plane = await startPlanePeer()
  await using agent = await startAgent({ plane, clock: createFakeClock() })
  const session = await plane.session()

  session.send({ type: 'keys', jws: jws(plane.key) })

  expect(await session.closed).toEqual({ code: 4412, reason: 'plane_proof_wrong' })
  expect(await agent.line('plane.keys_refused')).toMatchObject({ level: 'error' })
  expect((await agent.identityFile.read()).plane.keys).toEqual(plane.statement)
})

test('begins a new session where its clocks part, and takes the batch there', async () => {
  const clock = createFakeClock()
  await using stack = new AsyncDisposableStack()
  const plane = stack.use(await startPlanePeer())
  const agent = stack.use(await startAgent({ plane, clock }))
  const session = await plane.session()
  await agent.line('session.opened')

  clock.jump(5001)
  session.run([{ id: 'run-of-another-time', job: 'no.such' }])
  expect(await session.closed).toMatchObject({ code: 1000 })
  const later = await plane.session()
  later.run([{ id: 'run-of-another-time', job: 'no.such' }])

  expect(await later.answer('run-of-another-time')).toMatchObject({ type: 'refused', error: { code: 'job_unknown' } })
  expect(await agent.line('session.clocks_parted')).toMatchObject({ partedMs: 5001 })
})
