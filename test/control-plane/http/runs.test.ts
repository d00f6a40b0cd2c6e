import { expect, test } from 'vitest'
import { startControlPlane, type TestControlPlane } from '../../support/control-plane.ts'

const path = '/v1/agents/acme/runs'

async function setUp() {
  const world = await startControlPlane()
  await world.plane.administration.createCode('test', 'acme')
  return {
    world,
    token: await world.token('runs:read@acme', 'runs:write@acme'),
    [Symbol.asyncDispose]: world[Symbol.asyncDispose],
  }
}

async function submit(world: TestControlPlane, token: string, body: unknown = { job: 'groups.list' }) {
  return await world.ask({ method: 'POST', path, token, body })
}

test('a run for an agent that is away is queued, and can be looked at where Location says', async () => {
  await using set = await setUp()
  const { world, token } = set

  const answer = await submit(world, token, { job: 'groups.list', params: { name: 'Ops' }, ttlMs: 60_000 })

  expect(answer).toMatchObject({
    status: 202,
    json: {
      agent: 'acme',
      job: 'groups.list',
      connection: 'main',
      params: { name: 'Ops' },
      requester: 'token-1',
      state: 'queued',
      attempt: 0,
      expiresAt: '2026-03-04T05:07:07.123Z',
      error: null,
    },
  })
  const location = answer.headers.get('location') ?? ''
  expect((await world.ask({ path: location, token })).json).toEqual(answer.json)
})

test('the same Idempotency-Key is one run; with another body it is a conflict', async () => {
  await using set = await setUp()
  const { world, token } = set
  const headers = { 'idempotency-key': 'once' }
  const post = (body: unknown) => world.ask({ method: 'POST', path, token, body, headers })

  const first = await post({ job: 'groups.list' })
  const again = await post({ job: 'groups.list' })
  const other = await post({ job: 'users.list' })

  expect([first.status, again.status]).toEqual([202, 200])
  expect(again.json).toEqual(first.json)
  expect(other).toMatchObject({ status: 409, json: { error: { code: 'idempotency_conflict' } } })
  const noted = (await world.store.audit.list({ limit: 9 })).filter(({ action }) => action === 'run.submitted')
  expect(noted).toMatchObject([{ actor: 'token-1', details: { agent: 'acme', job: 'groups.list' } }])
})

test.for([
  [{ job: 'groups.lst' }, 422, 'job_unknown'],
  [{ job: 'groups.list', params: { nam: 'Ops' } }, 422, 'params_invalid'],
] as const)('refuses %j with %i %s', async ([body, status, code]) => {
  await using set = await setUp()

  expect(await submit(set.world, set.token, body)).toMatchObject({ status, json: { error: { code, fault: 'caller' } } })
})

test('refuses a run for an agent that is not there, or disabled', async () => {
  await using set = await setUp()
  const { world } = set
  const token = await world.token('runs:write')

  const unknown = await world.ask({ method: 'POST', path: '/v1/agents/nobody/runs', token, body: { job: 'org.get' } })
  await world.plane.administration.disableAgent('test', 'acme')
  const disabled = await submit(world, token)

  expect(unknown).toMatchObject({ status: 404, json: { error: { code: 'agent_unknown' } } })
  expect(disabled).toMatchObject({ status: 403, json: { error: { code: 'agent_disabled' } } })
})

test('lists runs page by page, newest first, by state', async () => {
  await using set = await setUp()
  const { world, token } = set
  for (const job of ['org.get', 'users.list', 'groups.list']) await submit(world, token, { job })
  const list = async (query: string) => (await world.ask({ path: `${path}?${query}`, token })).json

  const first = await list('limit=2')
  expect(first).toMatchObject({ runs: [{ job: 'groups.list' }, { job: 'users.list' }], next: expect.any(String) })
  const { next } = JSON.parse(JSON.stringify(first))
  expect(await list(`limit=2&after=${next}`)).toMatchObject({ runs: [{ job: 'org.get' }], next: null })
  expect(await list('state=done')).toEqual({ runs: [], next: null })
})

test('a queued run is cancelled at once, and the audit log says by whom', async () => {
  await using set = await setUp()
  const { world, token } = set
  const location = (await submit(world, token)).headers.get('location') ?? ''

  const cancelled = await world.ask({ method: 'POST', path: `${location}/cancel`, token })

  expect(cancelled).toMatchObject({ status: 200, json: { state: 'cancelled', error: { code: 'cancelled' } } })
  expect(await world.store.audit.list({ limit: 1 })).toMatchObject([{ actor: 'token-1', action: 'run.cancelled' }])
})

test('a run of another agent is closed to the token, and an unknown run is told', async () => {
  await using set = await setUp()
  const { world, token } = set
  const location = (await submit(world, token)).headers.get('location') ?? ''
  const foreign = await world.token('runs:read@other', 'runs:write@other')

  for (const [method, at] of [
    ['GET', location],
    ['GET', `${location}/pages`],
    ['POST', `${location}/cancel`],
  ] as const) {
    expect(await world.ask({ method, path: at, token: foreign })).toMatchObject({
      status: 403,
      json: { error: { code: 'scope_missing' } },
    })
  }
  expect(await world.ask({ path: '/v1/runs/run-unknown', token })).toMatchObject({
    status: 404,
    json: { error: { code: 'run_unknown' } },
  })
})
