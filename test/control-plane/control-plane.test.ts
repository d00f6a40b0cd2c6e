import { closeCodes } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { createClient } from '../../control-plane/client.ts'
import { createControlPlane } from '../../control-plane/control-plane.ts'
import { startControlPlane } from '../support/control-plane.ts'

const aGroup = { id: '6026da081f24755306c2ee0d', name: 'Ops', description: null, email: null }
const other = { ...aGroup, id: '6026da081f24755306c2ee0e', name: 'Dev' }

test('a caller over HTTP gets the rows of an agent as they come, under a prefix', async () => {
  await using world = await startControlPlane({ prefix: '/sallyport' })
  await using peer = await world.connect('acme')
  const token = await world.token('runs:read@acme', 'runs:write@acme')
  const run = createClient({ url: `${world.url}/sallyport`, token })
    .agent('acme')
    .run('groups.list', { name: 'Ops' })
  const rows = run[Symbol.asyncIterator]()

  const order = await peer.order()
  peer.send({ type: 'accepted', run: order.id, attempt: order.attempt })
  peer.page(order, 0, [aGroup])
  expect((await rows.next()).value).toEqual(aGroup)
  peer.page(order, 1, [other])
  peer.finish(order, [[aGroup], [other]])
  expect((await rows.next()).value).toEqual(other)
  expect((await rows.next()).done).toBe(true)

  expect(order).toMatchObject({ id: await run.id, requester: 'token-1', params: { name: 'Ops' } })
  expect(await run.done).toMatchObject({ state: 'done', rowCount: 2 })
})

test('shows a connected replica as it described itself', async () => {
  await using world = await startControlPlane()
  await using peer = await world.connect('acme')
  const token = await world.token('agents:read')

  const { json } = await world.ask({ path: '/v1/agents/acme', token })

  expect(json).toMatchObject({
    connectedCount: 1,
    replicas: [
      {
        version: '9.9.9-peer',
        session: { jobs: ['groups.list', 'org.get'], connections: [{ name: 'main', state: 'ready' }], runCount: 0 },
      },
    ],
  })
  expect(peer.unread()).not.toContainEqual(expect.objectContaining({ type: 'leave' }))
})

test.for([
  ['disabled', 'POST', '/v1/agents/acme/disable', closeCodes.agent_disabled.code],
  ['deleted', 'DELETE', '/v1/agents/acme', closeCodes.replica_unknown.code],
] as const)('the session of an agent that is %s closes at once', async ([, method, path, code]) => {
  await using world = await startControlPlane()
  await using peer = await world.connect('acme')
  const token = await world.token('agents:write')

  expect((await world.ask({ method, path, token })).status).toBe(204)

  expect(await peer.closed).toMatchObject({ code })
})

test('a run that the agent has is cancelled through it', async () => {
  await using world = await startControlPlane()
  await using peer = await world.connect('acme')
  const run = world.plane.agent('acme', 'nightly').run('groups.list', {})
  const { id, attempt } = await peer.order()

  await run.cancel()
  expect(await peer.next('cancel')).toMatchObject({ run: id })
  peer.send({ type: 'failed', run: id, attempt, error: { code: 'cancelled', message: 'as asked' } })

  await expect(run.done).rejects.toMatchObject({ state: 'cancelled', code: 'cancelled' })
})

test('closing tells agents to come back, and can be done twice', async () => {
  await using world = await startControlPlane()
  await using peer = await world.connect('acme')

  const closing = world.plane.close()
  expect(await peer.next('leave')).toMatchObject({ reason: expect.any(String) })

  expect(await peer.closed).toMatchObject({ code: closeCodes.restart.code })
  await closing
  await world.plane.close()
})

test('closing waits for what a caller asked for and is being carried out', async () => {
  await using world = await startControlPlane()
  await using peer = await world.connect('acme')
  const token = await world.token('runs:write@acme')
  const run = world.plane.agent('acme').run('groups.list', {})
  run.done.catch(() => {})
  await peer.order()
  const { promise: storing, resolve: asked } = Promise.withResolvers<void>()
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const { step } = world.store.runs
  world.store.runs.step = async (change) => {
    asked()
    await gate
    return await step(change)
  }
  const order: string[] = []

  const answered = world.ask({ method: 'POST', path: `/v1/runs/${await run.id}/cancel`, token })
  await storing
  const closed = world.plane.close().then(() => order.push('closed'))
  await peer.closed
  await world.clock.advance(0)
  order.push('stored')
  open()
  await closed

  expect(order).toEqual(['stored', 'closed'])
  expect((await answered).status).toBe(200)
})

test('refuses a prefix that is none', async () => {
  await using world = await startControlPlane()
  const signer = { plane: 'p', kid: 'k', statement: '{}', sign: () => '' }

  expect(() => createControlPlane({ store: world.store, signer, prefix: 'sallyport/' })).toThrow(
    'the prefix sallyport/',
  )
})
