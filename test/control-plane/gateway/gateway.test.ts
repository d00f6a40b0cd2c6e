import { describe, expect, test } from 'vitest'
import { connectPeer, openPeer } from '../../support/agent-peer.ts'
import { startGateway } from '../../support/gateway.ts'

describe('a handshake', () => {
  test('ends in a welcome, signed for this plane, agent, replica and nonce', async () => {
    await using plane = await startGateway()
    const identity = await plane.enrol()

    await using peer = await connectPeer(plane.url, identity)
    const welcome = await peer.welcome()

    expect(welcome).toMatchObject({ plane: plane.signer.plane, agent: 'acme', replica: identity.replica, protocol: 1 })
    expect(plane.gateway.sessions()).toMatchObject([
      { agent: 'acme', replica: identity.replica, version: '9.9.9-peer' },
    ])
  })
})

test('lists groups through a session', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  await using peer = await openPeer(plane.url, identity)

  const { run } = await plane.runs.submit({
    agent: 'acme',
    job: 'groups.list',
    connection: 'main',
    params: {},
    requester: 'test',
  })
  const [order] = await peer.batch()
  if (order) peer.answer(order, [{ id: '6026da081f24755306c2ee0d', name: 'All', description: null, email: null }])
  const lines = await plane.lines(run.id)

  expect(lines).toMatchObject([
    { type: 'attempt', attempt: 1 },
    { type: 'row', seq: 0 },
    { type: 'done', rows: 1 },
  ])
  expect(await peer.next('ack')).toMatchObject({ run: run.id, seq: 'final' })
})
