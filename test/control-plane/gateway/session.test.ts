import { expect, test } from 'vitest'
import { createIgnored } from '../../../control-plane/gateway/ignored.ts'
import { Session } from '../../../control-plane/gateway/session.ts'
import type { Socket } from '../../../control-plane/gateway/socket.ts'
import { silentLog } from '../../../control-plane/ports/log.ts'
import { openPeer } from '../../support/agent-peer.ts'
import { startGateway } from '../../support/gateway.ts'
import { groupRows, groupsList } from '../../support/submissions.ts'
import { until } from '../../support/until.ts'

test('is asked by a ping when it is silent, and stays when it answers', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  await until(() => plane.gateway.ignored().frameCount === 1)
  await plane.clock.advance(20_000)

  const pinged = peer.pinged()
  await plane.clock.advance(20_000)
  await pinged
  peer.sendText(JSON.stringify({ type: 'weather' }))
  await until(() => plane.gateway.ignored().frameCount === 2)
  await plane.clock.advance(20_000)

  expect(plane.gateway.sessions()).toHaveLength(1)
})

test('is closed when it is silent and answers no ping', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  await until(() => plane.gateway.ignored().frameCount === 1)
  peer.freeze()

  for (let silence = 0; silence < 3; silence += 1) await plane.clock.advance(20_000)

  expect(plane.gateway.sessions()).toEqual([])
  expect(plane.log.at(-1)).toMatchObject({
    event: 'session.closed',
    fields: { why: expect.stringContaining('peer_silent') },
  })
})

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
  const { agent, replica: id } = await plane.enrol()
  const replica = await plane.store.replicas.get(id)
  if (replica === undefined) throw new Error('the replica is not stored')
  const ends: string[] = []
  const body = { agent, replica: id, instance: 'instance-1', counter: 1, version: '1', protocol: { min: 1, max: 1 } }
  const session = new Session({
    id: 'se_1',
    socket: deafSocket(ends),
    introduction: {
      body: { ...body, nonce: 'n'.repeat(43), jobs: [], policy: null, ledger: null, connections: [], held: [] },
      replica,
      protocol: 1,
    },
    signer: plane.signer,
    desk: plane.runs.desk,
    store: plane.store,
    clock: plane.clock,
    log: silentLog,
    ignored: createIgnored(),
    ended: () => void ends.push('ended'),
  })

  for (let count = 0; count < 20_000; count += 1) session.send({ type: 'cancel', run: 'run_12345' })
  const before = [...ends]
  session.send({ type: 'cancel', run: 'run_12345' })
  await until(() => ends.includes('ended'))

  expect(before).toEqual([])
  expect(ends).toEqual(['closed 4414', 'destroyed', 'ended'])
})

/** Nothing that is sent to it is ever read. */
function deafSocket(ends: string[]): Socket {
  const never = new Promise<never>(() => {})
  return {
    send: () => {},
    receive: () => {},
    ping: () => {},
    heardBytes: () => 0,
    nextByte: () => never,
    hearAtMost: () => {},
    waitingBytes: () => 2 * 1024 * 1024,
    pause: () => {},
    resume: () => {},
    close: (code) => void ends.push(`closed ${code}`),
    destroy: () => void ends.push('destroyed'),
    ended: never,
  }
}
