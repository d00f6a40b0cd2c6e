import { request } from 'node:http'
import { expect, test } from 'vitest'
import { startControlPlane } from '../../support/control-plane.ts'

test('a request without a token is told how to send one', async () => {
  await using world = await startControlPlane()

  const answer = await world.ask({ path: '/v1/agents' })

  expect(answer.status).toBe(401)
  expect(answer.headers.get('www-authenticate')).toBe('Bearer')
  expect(answer.json).toEqual({
    error: {
      code: 'token_missing',
      message: expect.stringContaining('Authorization: Bearer'),
      fault: 'caller',
      retry: false,
    },
  })
})

test('a token without the scope is refused before its input is looked at', async () => {
  await using world = await startControlPlane()
  const token = await world.token('runs:read', 'runs:write@other')

  const answer = await world.ask({ method: 'POST', path: '/v1/agents/acme/runs', token, body: { nonsense: true } })

  expect(answer).toMatchObject({ status: 403, json: { error: { code: 'scope_missing' } } })
})

test.for([
  ['POST', '/v1/agents/acme/runs', '{"job":"groups.list","typo":1}', 'Unrecognized key: \\"typo\\"'],
  ['POST', '/v1/agents/acme/runs', '{"job":', 'Malformed JSON'],
  ['POST', '/v1/agents/acme/runs', '{"job":"groups.list","ttlMs":"soon"}', 'ttlMs'],
  ['POST', '/v1/agents/Acme!/runs', '{"job":"groups.list"}', 'agent: a name is'],
  ['POST', '/v1/agents/acme/codes', '{"ttl":5}', 'Unrecognized key: \\"ttl\\"'],
  ['GET', '/v1/agents/acme/runs?state=asleep', undefined, 'state'],
  ['GET', '/v1/agents/acme/runs?limt=5', undefined, 'Unrecognized key: \\"limt\\"'],
  ['GET', '/v1/runs/short', undefined, 'run: a run id is'],
] as const)('refuses %s %s %s, naming what is wrong', async ([method, path, body, why]) => {
  await using world = await startControlPlane()
  const token = await world.token('runs:read', 'runs:write', 'agents:write')

  const answer = await world.ask({ method, path, token, ...(body === undefined ? {} : { body }) })

  expect(answer).toMatchObject({ status: 400, json: { error: { code: 'request_invalid', fault: 'caller' } } })
  expect(answer.text).toContain(why)
})

test('takes JSON alone', async () => {
  await using world = await startControlPlane()
  const token = await world.token('runs:write')

  const answer = await world.ask({
    method: 'POST',
    path: '/v1/agents/acme/runs',
    token,
    body: '{"job":"groups.list"}',
    headers: { 'content-type': 'text/plain' },
  })

  expect(answer).toMatchObject({ status: 400, json: { error: { code: 'request_invalid' } } })
})

test('refuses a body that is too large, also one that does not say its length', async () => {
  await using world = await startControlPlane()
  const token = await world.token('runs:write')
  const body = JSON.stringify({ job: 'groups.list', params: { name: 'x'.repeat(100_000) } })
  const large = { status: 413, json: { error: { code: 'body_too_large' } } }

  expect(await world.ask({ method: 'POST', path: '/v1/agents/acme/runs', token, body })).toMatchObject(large)
  const enrolment = { method: 'POST', path: '/v1/enrolments', body: { nonce: 'x'.repeat(5000) } }
  expect(await world.ask(enrolment)).toMatchObject(large)
  expect(await postChunked(`${world.url}/v1/agents/acme/runs`, token, body)).toBe(413)
})

test('takes a body that does not say its length, also where two limits look at it', async () => {
  await using world = await startControlPlane()
  const token = await world.token('runs:write')
  await world.plane.administration.createCode('test', 'acme')

  expect(await postChunked(`${world.url}/v1/agents/acme/runs`, token, '{"job":"groups.list"}')).toBe(202)
  expect(await postChunked(`${world.url}/v1/enrolments`, token, '{"code":"none"}')).toBe(400)
  expect(await postChunked(`${world.url}/v1/enrolments`, token, JSON.stringify('x'.repeat(5000)))).toBe(413)
})

test('an address that is not there is told as JSON', async () => {
  await using world = await startControlPlane()

  expect(await world.ask({ path: '/v1/nothing' })).toMatchObject({
    status: 404,
    json: { error: { code: 'route_unknown' } },
  })
})

test('what is not its own is left to the server that it is attached to', async () => {
  await using world = await startControlPlane({ prefix: '/sallyport' })

  const [own, foreign] = await Promise.all([world.ask({ path: '/healthz' }), fetch(`${world.url}/healthz`)])

  expect(own).toMatchObject({ status: 200, json: { ok: true } })
  expect(await foreign.text()).toBe('somebody else')
})

test('the document describes every route, with its prefix, its token and its errors', async () => {
  await using world = await startControlPlane({ prefix: '/sallyport' })

  const { json } = await world.ask({ path: '/v1/openapi.json' })

  expect(json).toMatchObject({
    openapi: '3.1.0',
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    paths: {
      '/sallyport/v1/agents': { get: {} },
      '/sallyport/v1/agents/{agent}': { get: {}, delete: {} },
      '/sallyport/v1/agents/{agent}/disable': { post: {} },
      '/sallyport/v1/agents/{agent}/replicas/{replica}': { delete: {} },
      '/sallyport/v1/agents/{agent}/codes': { post: { security: [{ token: ['agents:write'] }] } },
      '/sallyport/v1/codes/{id}': { delete: {} },
      '/sallyport/v1/agents/{agent}/runs': {
        get: {},
        post: { responses: { 202: {}, 200: {}, default: { content: { 'application/json': {} } } } },
      },
      '/sallyport/v1/runs/{run}': { get: {} },
      '/sallyport/v1/runs/{run}/cancel': { post: {} },
      '/sallyport/v1/runs/{run}/pages': { get: {} },
      '/sallyport/v1/jobs': { get: {} },
      '/sallyport/v1/enrolments': { post: {} },
      '/sallyport/healthz': { get: {} },
      '/sallyport/readyz': { get: {} },
      '/sallyport/metrics': { get: {} },
    },
  })
})

test('a defect inside is told as one, and only the log says more', async () => {
  await using world = await startControlPlane()
  const token = await world.token('agents:read')
  await world.store.close()

  const answer = await world.ask({ path: '/v1/agents', token })

  expect(answer).toMatchObject({ status: 500, json: { error: { code: 'plane_error', fault: 'plane', retry: true } } })
  expect(answer.text).not.toContain('database')
  expect(world.events.map(({ event }) => event)).toContain('http.failed')
})

async function postChunked(url: string, token: string, body: string): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'transfer-encoding': 'chunked',
  }
  const call = request(url, { method: 'POST', headers }, (response) => {
    response.resume()
    resolve(response.statusCode)
  })
  call.on('error', reject)
  call.end(body)
  return promise
}
