import { once } from 'node:events'
import type { Socket } from 'node:net'
import { times } from '@sallyport/protocol/limits'
import { Agent } from 'undici'
import { describe, expect, test } from 'vitest'
import { createConnector } from '../../../agent/egress/connector.ts'
import type { Call } from '../../../agent/jumpcloud/call.ts'
import { CallError } from '../../../agent/jumpcloud/call-error.ts'
import { type RequestPorts, request } from '../../../agent/jumpcloud/request.ts'
import { Secret } from '../../../agent/vault/secret.ts'
import { connectJumpCloud, listGroups } from '../../support/connect-jumpcloud.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createLeapingClock } from '../../support/leaping-clock.ts'
import { looseLeg } from '../../support/loose-leg.ts'
import { deadUrl, startRawServer } from '../../support/raw-server.ts'

const key = 'jca_0123456789abcdefghij'
const groups: Call = { operation: 'list groups', effect: 'read', method: 'GET', path: '/api/v2/usergroups' }

function createPorts(url: string, changes: Partial<RequestPorts> = {}): RequestPorts & AsyncDisposable {
  const dispatcher = new Agent({
    connect: createConnector({ clock: createFakeClock(), leg: looseLeg() }),
    allowH2: false,
  })
  const secret = new Secret(key)
  return {
    dispatcher,
    clock: createLeapingClock(),
    baseUrls: { console: url, api: `${url}/insights-host` },
    pass: { kind: 'api_key', secret },
    userAgent: 'sallyport/0.0.0',
    ...changes,
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  }
}

async function refusalOf(call: Call, ports: RequestPorts, signal?: AbortSignal): Promise<CallError> {
  const error: unknown = await request(call, ports, { signals: signal === undefined ? [] : [signal] }).catch(
    (thrown: unknown) => thrown,
  )
  if (error instanceof CallError) return error
  throw new Error('expected a CallError', { cause: error })
}

describe('what is sent', () => {
  test('the key, the name of the product, and content-type only with a body', async () => {
    await using server = await startRawServer((_, response) => response.end('[]'))
    await using ports = createPorts(server.url)

    await request(groups, ports)
    await request({ ...groups, method: 'POST', body: { op: 'add' } }, ports)

    const [get, post] = server.requests.map(({ headers }) => headers)
    expect(get).toMatchObject({ 'x-api-key': key, 'user-agent': 'sallyport/0.0.0' })
    expect(get).not.toHaveProperty('content-type')
    expect(get).not.toHaveProperty('x-org-id')
    expect(post).toMatchObject({ 'content-type': 'application/json' })
  })

  test('the organisation where one is named, but never to the paths that refuse it', async () => {
    await using server = await startRawServer((_, response) => response.end('[]'))
    await using ports = createPorts(server.url, { organisationId: '60259a2ad81e1a474d4e7c83' })

    for (const path of ['/api/v2/usergroups', '/api/organizations', '/api/users'])
      await request({ ...groups, path }, ports)

    expect(server.requests.map(({ headers }) => headers['x-org-id'])).toEqual([
      '60259a2ad81e1a474d4e7c83',
      undefined,
      undefined,
    ])
  })

  test('to the host of the call, below the path of its base URL', async () => {
    await using server = await startRawServer((_, response) => response.end('[]'))
    await using ports = createPorts(server.url)

    await request({ ...groups, host: 'api', path: '/insights/directory/v1/events' }, ports)

    expect(server.requests[0]?.url).toBe('/insights-host/insights/directory/v1/events')
  })

  test('to Insights with the organisation that a service account was proven to be of, and to nothing else', async () => {
    await using server = await startRawServer((_, response) => response.end('[]'))
    const pass = { kind: 'bearer', secret: new Secret('token') } as const
    await using ports = createPorts(server.url, { pass, provenOrganisationId: '60259a2ad81e1a474d4e7c83' })

    await request({ ...groups, host: 'api' }, ports)
    await request(groups, ports)

    const [insights, directory] = server.requests.map(({ headers }) => headers)
    expect(insights).toMatchObject({ authorization: 'Bearer token', 'x-org-id': '60259a2ad81e1a474d4e7c83' })
    expect(directory).not.toHaveProperty('x-org-id')
  })
})

describe('what an answer means', () => {
  test.for([
    [301, 'credential_rejected', 'customer'],
    [302, 'credential_rejected', 'customer'],
    [400, 'jumpcloud_refused', 'caller'],
    [401, 'credential_rejected', 'customer'],
    [402, 'plan_missing', 'customer'],
    [403, 'jumpcloud_forbidden', 'customer'],
    [404, 'not_found', 'caller'],
    [409, 'jumpcloud_conflict', 'caller'],
    [418, 'jumpcloud_refused', 'caller'],
    [429, 'rate_limited', 'jumpcloud'],
    [500, 'jumpcloud_unavailable', 'jumpcloud'],
    [503, 'jumpcloud_unavailable', 'jumpcloud'],
  ] as const)('%i is %s, to be mended by: %s', async ([status, code, fault]) => {
    await using server = await startRawServer((_, response) =>
      response.writeHead(status).end(`{"message":"you sent ${key}"}`),
    )
    await using ports = createPorts(server.url)

    const error = await refusalOf(groups, ports)

    expect(error).toMatchObject({ code, fault, status, sent: 'maybe' })
    expect(error.message).toContain(`list groups: JumpCloud answered ${status} to GET /api/v2/usergroups`)
    expect(error.message).not.toContain('you sent')
  })

  test('carries how long JumpCloud asked to wait, and says it', async () => {
    await using server = await startRawServer((_, response) => response.writeHead(429, { 'retry-after': '90' }).end())
    await using ports = createPorts(server.url)

    const error = await refusalOf(groups, ports)

    expect(error.retryAfterMs).toBe(90_000)
    expect(error.message).toContain('asked to wait 90 s')
  })
})

describe('no answer', () => {
  test('where nobody listens: unreachable, and nothing was sent', async () => {
    await using ports = createPorts(await deadUrl())

    const error = await refusalOf(groups, ports)

    expect(error).toMatchObject({ code: 'jumpcloud_unreachable', sent: 'no', status: undefined })
    expect(error.message).toContain('(before anything was sent)')
  })

  test('a connection that breaks: unreachable, and it may have been read', async () => {
    await using server = await startRawServer((incoming) => incoming.socket.destroy())
    await using ports = createPorts(server.url)

    expect(await refusalOf(groups, ports)).toMatchObject({ code: 'jumpcloud_unreachable', sent: 'maybe' })
  })

  test('within the time that the protocol gives a call: a time-out', async () => {
    const clock = createLeapingClock()
    await using server = await startRawServer(() => clock.advance(times.callMs))
    await using ports = createPorts(server.url, { clock })

    expect(await refusalOf(groups, ports)).toMatchObject({ code: 'jumpcloud_timeout', sent: 'maybe' })
    expect(clock.slept).toEqual([times.callMs])
  })

  test('a read that is called off ends with the reason of the signal', async () => {
    const controller = new AbortController()
    await using server = await startRawServer(() => controller.abort(new Error('cancelled')))
    await using ports = createPorts(server.url)

    await expect(request(groups, ports, { signals: [controller.signal] })).rejects.toThrow('cancelled')
  })

  test('a change that is cut off says that it may have been read', async () => {
    const controller = new AbortController()
    await using server = await startRawServer(() => controller.abort(new Error('stopped')))
    await using ports = createPorts(server.url)

    const error = await refusalOf({ ...groups, effect: 'write', method: 'POST', body: {} }, ports, controller.signal)

    expect(error).toMatchObject({ code: 'jumpcloud_unreachable', sent: 'maybe' })
  })
})

test('a connection that nobody uses is broken off in time, though the other end offers to keep it for hours', async () => {
  const used = Promise.withResolvers<Socket>()
  await using server = await startRawServer(({ socket }, response) => {
    used.resolve(socket)
    response.setHeader('keep-alive', 'timeout=7200').end('[]')
  })
  await using jumpcloud = connectJumpCloud({ url: server.url, idleMs: 1 })
  const brokenOff = used.promise.then((socket) => once(socket, 'error'))

  await listGroups(jumpcloud.lane('bulk'))

  expect(await brokenOff).toMatchObject([{ code: 'ECONNRESET' }])
})
