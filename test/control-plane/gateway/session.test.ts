import { closeCodes } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { createIgnored } from '../../../control-plane/gateway/ignored.ts'
import { Session } from '../../../control-plane/gateway/session.ts'
import type { Socket } from '../../../control-plane/gateway/socket.ts'
import { silentLog } from '../../../control-plane/ports/log.ts'
import type { Desk } from '../../../control-plane/runs/desk.ts'
import { openPeer } from '../../support/agent-peer.ts'
import { type GatewayUnderTest, startGateway } from '../../support/gateway.ts'
import { groupRows, groupsList } from '../../support/submissions.ts'
import { until } from '../../support/until.ts'

test('ignores and counts frames and members that it does not know', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  await using peer = await openPeer(plane.url, identity)

  peer.send({ type: 'state', draining: true })
  peer.close()
  await peer.closed

  // The peer's own: one frame, and a member in `hello` and in `state`.
  expect(plane.gateway.ignored()).toEqual({ frameCount: 1, memberCount: 2 })
})

test.for([
  ['a text that is no frame', '[]', 4400],
  ['members that do not fit', JSON.stringify({ type: 'accepted', run: 1 }), 4401],
  ['a second hello', JSON.stringify({ type: 'hello', body: '{}', proof: 'p'.repeat(86) }), 4402],
  [
    'a feed that it does not lead',
    JSON.stringify({ type: 'started', run: 'run_12345', feed: 'f', job: 'j', connection: 'c' }),
    4402,
  ],
] as const)('is closed by %s', async ([, text, code]) => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())

  peer.sendText(text)

  expect((await peer.closed).code).toBe(code)
})

test('is closed 1009 by a message of more than four MiB', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())

  peer.sendText('x'.repeat(4 * 1024 * 1024 + 1))

  expect((await peer.closed).code).toBe(1009)
})

test('shows what the agent said last', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  const said = {
    policy: 'f'.repeat(64),
    jobs: ['users.list'],
    connections: [{ name: 'main', state: 'credential_rejected' }],
    journal: 'full',
    draining: true,
  }

  peer.send({ type: 'state', ...said })
  await until(() => plane.gateway.sessions()[0]?.draining === true)

  expect(plane.gateway.sessions()).toMatchObject([said])
})

test('ends with a goodbye, which revokes the replica', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  await using peer = await openPeer(plane.url, identity)

  peer.send({ type: 'goodbye' })

  expect((await peer.closed).code).toBe(4416)
  expect((await plane.store.replicas.get(identity.replica))?.revokedAt).toBe(plane.clock.now())
})

test('outlives a page that is written wrong: it fails its run, and is dropped where the run does not count any more', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  await plane.runs.submit(groupsList)
  const { id: run } = await peer.order()
  const misplaced = { rows: groupRows(0, 1), type: 'page', run, attempt: 1, seq: 0 }

  peer.send(misplaced)
  const lines = await plane.lines(run)
  peer.send(misplaced)

  expect(lines.at(-1)).toMatchObject({ type: 'failed', error: { code: 'digest_mismatch' } })
  expect(await peer.next('ack')).toMatchObject({ run, attempt: 1, seq: 0 })
})

test('is cut when the agent talks on and does not read the replies', async () => {
  await using plane = await startGateway()
  const far = createFarEnd()
  far.waitingBytes = 2 * MiB
  const session = await openSession(plane, far)

  for (let count = 0; count < 20_000; count += 1) session.send({ type: 'cancel', run: 'run_12345' })
  const before = [...far.told]
  session.send({ type: 'cancel', run: 'run_12345' })
  await until(() => far.told.includes('ended'))

  expect(before).toEqual([])
  expect(far.told).toEqual(['closed 4414', 'destroyed', 'ended'])
})

test('gets no runs while a MiB waits that the agent does not read, and gets them again when it did', async () => {
  await using plane = await startGateway()
  const far = createFarEnd()
  const session = await openSession(plane, far)

  const taken = [0, MiB - 1, MiB, 2 * MiB, 0].map((waitingBytes) => {
    far.waitingBytes = waitingBytes
    return session.takesRuns()
  })

  expect(taken).toEqual([true, true, false, false, true])
})

test('is not read while more than four MiB wait to be stored', async () => {
  await using plane = await startGateway()
  const far = createFarEnd()
  const stored: (() => void)[] = []
  const receive = () => new Promise<void>((resolve) => stored.push(resolve))
  const session = await openSession(plane, far, { ...plane.runs.desk, receive })
  session.start()

  for (let count = 0; count < 4; count += 1) far.say({ type: 'accepted', run: 'run_12345', attempt: 1 }, MiB)
  const before = [...far.told]
  far.say({ type: 'accepted', run: 'run_12345', attempt: 1 }, MiB)
  const during = [...far.told]
  stored[0]?.()
  await plane.clock.advance(0)

  expect(before).toEqual([])
  expect(during).toEqual(['paused'])
  expect(far.told).toEqual(['paused', 'resumed'])
})

const MiB = 1024 * 1024

async function openSession(plane: GatewayUnderTest, far: FarEnd, desk: Desk = plane.runs.desk): Promise<Session> {
  const { agent, replica: id } = await plane.enrol()
  const replica = await plane.store.replicas.get(id)
  if (replica === undefined) throw new Error('the replica is not stored')
  const body = { agent, replica: id, instance: 'instance-1', counter: 1, version: '1', protocol: { min: 1, max: 1 } }
  return new Session({
    id: 'se_1',
    socket: far.socket,
    challengedAt: 0,
    introduction: {
      body: { ...body, nonce: 'n'.repeat(43), jobs: [], policy: null, ledger: null, connections: [], held: [] },
      replica,
      protocol: 1,
    },
    ...{ signer: plane.signer, desk, store: plane.store, clock: plane.clock, log: silentLog },
    ignored: createIgnored(),
    ended: () => void far.told.push('ended'),
  })
}

type FarEnd = ReturnType<typeof createFarEnd>

/** An agent behind a socket that does only what the test says. */
function createFarEnd() {
  const never = new Promise<never>(() => {})
  const told: string[] = []
  const listener: { take?: (text: string, byteCount: number) => void } = {}
  const socket: Socket = {
    send: () => {},
    receive: (take) => {
      listener.take = take
    },
    ping: () => never,
    movedBytes: () => 0,
    nextByte: () => never,
    hearAtMost: () => {},
    waitingBytes: () => far.waitingBytes,
    pause: () => void told.push('paused'),
    resume: () => void told.push('resumed'),
    close: (code) => void told.push(`closed ${code}`),
    destroy: () => void told.push('destroyed'),
    ended: never,
  }
  const far = {
    socket,
    /** What the session did to the socket, and that it ended. */
    told,
    waitingBytes: 0,
    /** As if its text had so many bytes. */
    say: (frame: Readonly<Record<string, unknown>>, byteCount: number) =>
      listener.take?.(JSON.stringify(frame), byteCount),
  }
  return far
}

const trial = { type: 'trial', connection: 'main' }

test('who asks for a run is sent a read of its own, under its own name, though another replica has less to do', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  await using asking = await openPeer(plane.url, identity)
  await using _ = await openPeer(plane.url, await plane.enrol())
  asking.send(trial)
  const first = await asking.order()
  plane.clock.advance(1000)

  asking.send(trial)
  const order = await asking.order()
  asking.answer(order, [{ id: '5f0000000000000000000001', name: 'Example Works', createdAt: null }])

  const lines = await plane.lines(order.id)
  const run = await plane.runs.get(order.id)
  expect(first.id).not.toBe(order.id)
  expect(order).toMatchObject({ job: 'org.get', connection: 'main', requester: `replica ${identity.replica}` })
  expect(lines.at(-1)).toMatchObject({ type: 'done', state: 'done' })
  expect(run).toMatchObject({ replica: identity.replica, expiresAt: Number(run?.createdAt) + 30_000 })
})

test('who asks again within a second is passed over', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())

  for (let count = 0; count < 100; count += 1) peer.send(trial)
  await peer.order()
  plane.clock.advance(1000)
  peer.send(trial)
  await peer.order()

  expect(await plane.runs.list('acme', { limit: 10 })).toHaveLength(2)
})

test('who asks for a run of an agent that was disabled just now is closed for that, and for no defect', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  await plane.store.agents.disable('acme', plane.clock.now())

  peer.send(trial)
  await plane.gateway.review()

  expect((await peer.closed).code).toBe(closeCodes.agent_disabled.code)
  expect(plane.log.filter(({ event }) => event === 'session.frame_failed')).toEqual([])
})
