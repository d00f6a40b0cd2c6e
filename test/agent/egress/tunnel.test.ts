import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { openTunnel, type TunnelRequest } from '../../../agent/egress/tunnel.ts'
import { startConnectProxy } from '../../support/connect-proxy.ts'
import { startListener } from '../../support/listener.ts'

/** What a proxy that answers so makes of it: null, or the message. */
async function ask(answer: string | undefined, change: Partial<TunnelRequest> = {}) {
  await using far = await startListener()
  await using proxy = await startConnectProxy(answer)
  const tcp = connect(proxy.port, '127.0.0.1')
  await once(tcp, 'connect')
  const request = {
    ...{ target: `127.0.0.1:${far.port}`, proxy: 'proxy.corp:3128', namedBy: 'plane.proxy', authorization: undefined },
    ...change,
  }
  const said = await new Promise<string | null>((resolve) => {
    openTunnel(tcp, request, (error) => resolve(error?.message ?? null))
  })
  tcp.destroy()
  return { said, asked: proxy.asked }
}

const status = (line: string, ...headers: string[]) => `${[`HTTP/1.1 ${line}`, ...headers].join('\r\n')}\r\n\r\n`

test('asks for the host and port, and for nothing else', async () => {
  const { said, asked } = await ask(undefined)

  expect(said).toBeNull()
  expect(asked).toEqual([
    expect.stringMatching(/^CONNECT 127\.0\.0\.1:\d+ HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n\r\n$/),
  ])
})

test('shows the proxy what it was given for it', async () => {
  const { asked } = await ask(undefined, { authorization: 'Basic dTpw' })

  expect(asked[0]).toContain('\r\nProxy-Authorization: Basic dTpw\r\n')
})

test.each([
  ['takes any 2xx for a yes', status('204 Fine'), null],
  [
    'asks for a user name',
    status('407 No', 'Proxy-Authenticate: Basic realm="x"'),
    'asks for a user name and a password (407). Name them with plane.proxy',
  ],
  [
    'speaks no Basic',
    status('407 No', 'Proxy-Authenticate: Negotiate', 'proxy-authenticate: NTLM'),
    'asks to authenticate by Negotiate or NTLM (407), and Sallyport by Basic alone',
  ],
  ['forbids it', status('403 Forbidden'), 'does not let this host on to 127.0.0.1:'],
  ['cannot reach it', status('503 Unavailable'), 'could not reach 127.0.0.1:'],
  ['says something else', status('302 Found', 'Location: http://login/'), 'answered 302 to CONNECT'],
  ['says something odd', status('100 Continue'), 'answered 100 to CONNECT'],
  ['is no proxy', 'SSH-2.0-OpenSSH_9.2\r\n', 'does not answer as an HTTP proxy. Correct its address in plane.proxy'],
  ['is hardly a proxy', 'HTTP/1.1 yes\r\n\r\n', 'does not answer as an HTTP proxy'],
  ['never ends its answer', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(4000)}`, 'does not answer as an HTTP proxy'],
  ['says more than it was asked', `${status('200 OK')}\x16\x03`, 'sent more than its answer'],
])('a proxy that %s', async (_, answer, expected) => {
  const { said } = await ask(answer)

  if (expected === null) expect(said).toBeNull()
  else expect(said).toContain(`the proxy proxy.corp:3128 ${expected}`)
})

test('tells a password that is wrong from one that is missing, and shows neither', async () => {
  const { said } = await ask(status('407 No'), { authorization: 'Basic dTpw' })

  expect(said).toContain('does not accept the user name and the password that plane.proxy gives (407). Correct them')
  expect(said).not.toContain('dTpw')
})

test('hears a proxy that closes in the middle of its answer', async () => {
  const { said } = await ask('HTTP/1.1 200 OK\r\n')

  expect(said).toContain('closed the connection without an answer')
})
