// What a job may try to reach another host by: all of it ends at the connector, or never gets there.

import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { configurationSchema } from '../../agent/configuration/configuration.ts'
import { createConnector } from '../../agent/egress/connector.ts'
import { destinationsOf } from '../../agent/egress/destinations.ts'
import type { Resolve } from '../../agent/egress/guarded-lookup.ts'
import { createLeg, type Leg } from '../../agent/egress/leg.ts'
import { createOpenSocket } from '../../agent/session/socket.ts'
import { startByteRelay } from '../support/byte-relay.ts'
import { collect, connectJumpCloud } from '../support/connect-jumpcloud.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { startJumpCloud } from '../support/jumpcloud/start.ts'
import { startListener } from '../support/listener.ts'
import { loopbacks } from '../support/loopbacks.ts'
import { looseLeg } from '../support/loose-leg.ts'
import { startPlanePeer } from '../support/plane-peer.ts'
import { startRawServer } from '../support/raw-server.ts'
import { startAgent } from '../support/running-agent.ts'

/** A client of the JumpCloud at `url` whose connector is that of the agent. */
function connectGuarded(url: string, resolve?: Resolve) {
  const connections = { main: { baseUrls: { console: url, api: url }, proxy: 'none' } }
  const configuration = configurationSchema.parse({ plane: { url: 'https://plane.example.com' }, connections })
  const leg = createLeg({
    name: 'connections.main',
    destinations: destinationsOf(configuration, {}),
    isPrivate: false,
    proxyPassword: undefined,
    resolve,
  })
  return connectJumpCloud({ url, connector: createConnector({ clock: createFakeClock(), leg }) })
}

const row = z.object({ id: z.string() })

const listGroups = (jumpcloud: ReturnType<typeof connectGuarded>) =>
  collect(
    jumpcloud.lane('bulk').list({ operation: 'list groups', path: '/api/v2/usergroups', row, idOf: ({ id }) => id }),
  )

describe('a job reaches no other host', () => {
  test('by a redirect, which is an answer', async () => {
    await using elsewhere = await startRawServer((_, response) => response.end('[]'))
    await using server = await startRawServer((_, response) =>
      response.writeHead(307, { location: `${elsewhere.url}/api/v2/usergroups` }).end(),
    )
    await using jumpcloud = connectGuarded(server.url)

    await expect(listGroups(jumpcloud)).rejects.toMatchObject({ code: 'credential_rejected' })

    expect(elsewhere.requests).toEqual([])
  })

  test.each([
    '//evil.example/x',
    'https://evil.example/',
    '@evil.example',
    '\\\\evil.example',
    'x\r\nHost: evil.example',
  ])('by what it is given as an id: %j', async (id) => {
    await using server = await startRawServer((_, response) => response.end('{"id":"1"}'))
    await using jumpcloud = connectGuarded(server.url)
    const get = { operation: 'get a group', path: '/api/v2/usergroups/{id}', ids: { id }, shape: row }

    await jumpcloud.lane('interactive').get(get)

    const [request] = server.requests
    expect(request?.url).toBe(`/api/v2/usergroups/${encodeURIComponent(id)}`)
    expect(request?.headers.host).toBe(new URL(server.url).host)
  })

  test('by what DNS says, however often it is asked', async () => {
    await using inside = await startListener({ tls: true })
    const asked: string[] = []
    await using jumpcloud = connectGuarded(`https://console.example.com:${inside.port}`, (hostname, answer) => {
      asked.push(hostname)
      answer(null, [{ address: '127.0.0.1', family: 4 }])
    })

    await expect(listGroups(jumpcloud)).rejects.toMatchObject({
      code: 'jumpcloud_unreachable',
      // What is inside the customer's network is for the log alone.
      message: expect.stringMatching(/refused by the agent's own egress guard(?!.*127\.0\.0\.1)/),
    })

    expect(new Set(asked)).toEqual(new Set(['console.example.com']))
    expect(await Promise.race([inside.connection(), 'nobody came'])).toBe('nobody came')
  })

  test('by a DNS that answers otherwise the second time: the address that was looked at is the one that is connected to', async () => {
    await using server = await startRawServer((_, response) => response.end('[]'))
    const { port } = new URL(server.url)
    const answers = ['127.0.0.1', '169.254.169.254']
    await using jumpcloud = connectGuarded(`http://localhost:${port}`, (_, answer) => {
      answer(null, [{ address: answers.shift() ?? '169.254.169.254', family: 4 }])
    })

    expect(await listGroups(jumpcloud)).toEqual([])

    expect(answers).toEqual(['169.254.169.254'])
  })
})

describe('a session goes to no other host', () => {
  const open = (leg: Leg, url: string) => {
    const clock = createFakeClock()
    const openSocket = createOpenSocket({ connector: createConnector({ clock, leg }), userAgent: 'Sallyport/0', clock })
    return openSocket(new URL(url), new AbortController().signal)
  }

  test('by its URL, where that is not what the configuration says', async () => {
    await using server = await startRawServer((_, response) => response.end())
    const leg = { name: 'plane', routeTo: () => undefined }

    await expect(open(leg, server.url)).rejects.toMatchObject({
      code: 'plane_unreachable',
      message: expect.stringMatching(/refused by the agent's own egress guard: 127\.0\.0\.1:\d+ is not among/),
    })

    expect(server.requests).toEqual([])
  })

  test('by a redirect', async () => {
    await using elsewhere = await startRawServer((_, response) => response.end())
    await using server = await startRawServer((_, response) =>
      response.writeHead(301, { location: `${elsewhere.url}/v1/session` }).end(),
    )

    await expect(open(looseLeg(), server.url)).rejects.toMatchObject({ code: 'plane_answer_unexpected' })

    expect(elsewhere.requests).toEqual([])
  })
})

test.each(loopbacks)('both legs may be written as an address: %s', async (host) => {
  await using plane = await startPlanePeer()
  await using jumpcloud = await startJumpCloud({ users: 2, groups: 1, events: 0 })
  await using planeRelay = await startByteRelay(plane.url, host)
  await using jumpcloudRelay = await startByteRelay(jumpcloud.url, host)
  await using _ = await startAgent({
    plane: { ...plane, url: planeRelay.url },
    jumpcloudUrl: jumpcloudRelay.url,
    key: jumpcloud.keys.administrator,
  })

  const session = await plane.session()
  session.run([{ job: 'org.get' }])

  expect(await session.next('done')).toMatchObject({ rows: [{ name: expect.any(String) }] })
})
