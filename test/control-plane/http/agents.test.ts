import { expect, test } from 'vitest'
import { startControlPlane } from '../../support/control-plane.ts'
import { until } from '../../support/until.ts'

const replica = {
  id: 'rp_one',
  agent: 'acme',
  publicKey: 'k'.repeat(43),
  version: '0.1.0',
  createdAt: 0,
  revokedAt: null,
  counter: 0,
  instance: null,
  lastSeenAt: null,
  journal: null,
  ledgerSeq: null,
  ledgerHash: null,
  ledgerAlarmAt: null,
}

async function withReplica() {
  const world = await startControlPlane()
  const { id } = await world.plane.administration.createCode('test', 'acme')
  await world.store.codes.use({ id, at: 0, request: '{}', answer: '{}', replica })
  await world.plane.administration.createCode('test', 'other')
  return world
}

test('lists the agents that the token may see', async () => {
  await using world = await withReplica()
  const all = await world.token('agents:read')
  const one = await world.token('agents:read@other')

  const names = async (token: string) => (await world.ask({ path: '/v1/agents', token })).json

  expect(await names(all)).toMatchObject({ agents: [{ name: 'acme', connectedCount: 0 }, { name: 'other' }] })
  expect(await names(one)).toEqual({
    agents: [{ name: 'other', createdAt: '2026-03-04T05:06:07.123Z', disabledAt: null, connectedCount: 0 }],
  })
})

test('shows one agent with its replicas', async () => {
  await using world = await withReplica()
  const token = await world.token('agents:read')

  expect((await world.ask({ path: '/v1/agents/acme', token })).json).toMatchObject({
    name: 'acme',
    replicas: [
      {
        id: 'rp_one',
        version: '0.1.0',
        revokedAt: null,
        lastSeenAt: null,
        ledger: null,
        ledgerAlarmAt: null,
        session: null,
      },
    ],
  })
  expect(await world.ask({ path: '/v1/agents/nobody', token })).toMatchObject({
    status: 404,
    json: { error: { code: 'agent_unknown' } },
  })
})

test('shows a replica that cannot write its journal', async () => {
  await using world = await startControlPlane()
  await using peer = await world.connect('acme')
  const token = await world.token('agents:read')
  peer.send({ type: 'state', journal: 'read_only' })
  await until(() => world.plane.sessions()[0]?.journal === 'read_only')

  expect((await world.ask({ path: '/v1/agents/acme', token })).json).toMatchObject({
    replicas: [{ session: { journal: 'read_only' } }],
  })
})

test('disables an agent, revokes a replica and deletes an agent, and the audit log says who did', async () => {
  await using world = await withReplica()
  const token = await world.token('agents:write')
  const post = (path: string) => world.ask({ method: 'POST', path, token })
  const remove = (path: string) => world.ask({ method: 'DELETE', path, token })

  expect((await post('/v1/agents/acme/disable')).status).toBe(204)
  expect((await remove('/v1/agents/acme/replicas/rp_one')).status).toBe(204)
  expect((await world.store.agents.get('acme'))?.disabledAt).toBe(world.clock.now())
  expect((await world.store.replicas.get('rp_one'))?.revokedAt).toBe(world.clock.now())
  expect((await remove('/v1/agents/acme')).status).toBe(204)
  expect(await world.store.agents.get('acme')).toBeUndefined()

  expect(
    (await world.store.audit.list({ limit: 3 })).map(({ actor, action, target }) => [actor, action, target]),
  ).toEqual([
    ['token-1', 'agent.deleted', 'acme'],
    ['token-1', 'replica.revoked', 'rp_one'],
    ['token-1', 'agent.disabled', 'acme'],
  ])
})

test('what is not there cannot be ended, and a replica only by its own agent', async () => {
  await using world = await withReplica()
  const token = await world.token('agents:write')
  const remove = (path: string) => world.ask({ method: 'DELETE', path, token })

  expect(await remove('/v1/agents/nobody')).toMatchObject({ status: 404, json: { error: { code: 'agent_unknown' } } })
  expect(await remove('/v1/agents/other/replicas/rp_one')).toMatchObject({
    status: 404,
    json: { error: { code: 'replica_unknown' } },
  })
  expect((await world.store.replicas.get('rp_one'))?.revokedAt).toBeNull()
})

test('closes the sessions of who may stay no more also where the act cannot be noted', async () => {
  await using world = await startControlPlane()
  await using peer = await world.connect('acme')
  const token = await world.token('agents:write')
  world.store.audit.add = () => Promise.reject(new Error('disk full'))

  const { status } = await world.ask({ method: 'POST', path: '/v1/agents/acme/disable', token })

  expect(status).toBe(500)
  expect((await peer.closed).code).toBe(4407)
})
