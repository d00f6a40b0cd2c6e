import { Agent } from 'undici'
import { expect, test } from 'vitest'
import { createConnector } from '../../../agent/egress/connector.ts'
import { createFetchToken } from '../../../agent/jumpcloud/token.ts'
import { openSecret, Secret } from '../../../agent/vault/secret.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { startJumpCloud } from '../../support/jumpcloud/start.ts'
import { createLeapingClock } from '../../support/leaping-clock.ts'
import { looseLeg } from '../../support/loose-leg.ts'
import { startRawServer } from '../../support/raw-server.ts'

function openClient(oauthUrl: string) {
  const dispatcher = new Agent({ connect: createConnector({ clock: createFakeClock(), leg: looseLeg() }) })
  const fetchToken = createFetchToken({
    ...{ dispatcher, oauthUrl, clock: createLeapingClock(), userAgent: 'sallyport/0.0.0' },
    random: { fraction: () => 0.5, bytes: (count) => Buffer.alloc(count) },
    closing: new AbortController().signal,
  })
  return { fetchToken, [Symbol.asyncDispose]: () => dispatcher.destroy() }
}

const account = { clientId: 'account', clientSecret: new Secret('s3cret') }

test('trades id and secret for a token that JumpCloud then takes', async () => {
  await using jumpcloud = await startJumpCloud({ users: 1, groups: 1 })
  await using client = openClient(jumpcloud.url)
  const { clientId, clientSecret } = jumpcloud.serviceAccount

  const token = await client.fetchToken({ clientId, clientSecret: new Secret(clientSecret) })

  expect(token.lifetimeMs).toBe(3_599_000)
  const headers = { authorization: `Bearer ${openSecret(token.secret)}` }
  expect((await fetch(`${jumpcloud.url}/api/organizations`, { headers })).status).toBe(200)
})

test('asks as JumpCloud wants to be asked, and again where the fault is there', async () => {
  let left = 2
  await using server = await startRawServer((_, response) =>
    response.writeHead(left-- > 0 ? 503 : 200).end('{"access_token":"a.b.c","expires_in":10,"token_type":"bearer"}'),
  )
  await using client = openClient(server.url)

  expect(openSecret((await client.fetchToken(account)).secret)).toBe('a.b.c')
  expect(server.requests).toHaveLength(3)
  expect(server.requests[0]).toMatchObject({
    method: 'POST',
    url: '/oauth2/token',
    headers: { authorization: 'Basic YWNjb3VudDpzM2NyZXQ=', 'content-type': 'application/x-www-form-urlencoded' },
  })
})

test.each([
  [401, 'credential_rejected'],
  [403, 'jumpcloud_forbidden'],
])('takes %i for an answer, with the first request', async (status, code) => {
  await using server = await startRawServer((_, response) => response.writeHead(status).end('{}'))
  await using client = openClient(server.url)

  await expect(client.fetchToken(account)).rejects.toMatchObject({ code, status })
  expect(server.requests).toHaveLength(1)
})

test.each(['{}', '{"access_token":"a\\nb","expires_in":10}', '{"access_token":"a","expires_in":-1}', 'x'])(
  'takes nothing from an answer that does not fit (%j), and shows none of it',
  async (body) => {
    await using server = await startRawServer((_, response) => response.end(body))
    await using client = openClient(server.url)

    await expect(client.fetchToken(account)).rejects.toMatchObject({ code: 'response_unexpected' })
  },
)
