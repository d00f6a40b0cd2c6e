import { expect, test } from 'vitest'
import { egress } from '../../../agent/cli/egress.ts'
import { openHost } from '../../support/cli-host.ts'
import { commandHost } from '../../support/command-host.ts'

/** What the command prints on a host with this configuration beside that of `openHost`. */
async function print(flags: { readonly connection?: string; readonly json?: boolean } = {}, environment = {}) {
  await using files = await openHost('https://plane.example.com')
  const proxy = 'proxy: { url: "http://proxy.corp:3128", noProxy: [api.eu.jumpcloud.com] }'
  await files.configure(`  branch: { region: eu, credential: { env: BRANCH }, ${proxy} }\n`)
  const lines: string[] = []
  const print = (line: string) => void lines.push(line)
  await egress({ config: files.at('config.yaml'), ...flags }, commandHost({ environment, print }))
  return lines.join('\n')
}

test('tells a network team every host and port, what goes by a proxy, and what JumpCloud sees', async () => {
  expect(await print()).toBe(`Let this host open TCP connections out to:
  plane.example.com:443      the control plane (plane)
  console.jumpcloud.com:443  JumpCloud: the directory (connections.main)
  api.jumpcloud.com:443      JumpCloud: Directory Insights (connections.main)
  proxy.corp:3128            the proxy that connections.branch.proxy names (connections.branch)
  api.eu.jumpcloud.com:443   JumpCloud: Directory Insights (connections.branch)
Let the proxy proxy.corp:3128 go on for it, by CONNECT, to:
  console.eu.jumpcloud.com:443  JumpCloud: the directory (connections.branch)
It opens no port for others to connect to, and connects to nothing else.
It needs DNS for: plane.example.com, console.jumpcloud.com, api.jumpcloud.com, proxy.corp, api.eu.jumpcloud.com. Names behind a proxy are resolved by the proxy.
JumpCloud sees the address from which your own network, or the proxy, goes out: where JumpCloud limits addresses, allow that one.
This shell names no proxy (HTTPS_PROXY); the service may run with one.`)
})

test('tells what one connection needs', async () => {
  const said = await print({ connection: 'main' })

  expect(said).toContain('console.jumpcloud.com:443')
  expect(said).not.toMatch(/plane\.example\.com|jumpcloud\.eu|proxy\.corp/)
  await expect(print({ connection: 'mian' })).rejects.toThrow('there is no connection "mian"')
})

test('tells programs the same as JSON, without a password', async () => {
  const said = await print({ json: true }, { HTTPS_PROXY: 'http://user:open-sesame@10.0.0.1:3128' })

  expect(JSON.parse(said)).toMatchObject({
    dns: true,
    destinations: expect.arrayContaining([
      { leg: 'plane', host: 'plane.example.com', port: 443, why: 'the control plane', by: '10.0.0.1:3128' },
      { leg: 'connections.branch', host: 'proxy.corp', port: 3128, why: expect.any(String), by: null },
    ]),
  })
  expect(said).not.toContain('open-sesame')
})

test('names the token endpoint of a service account, and a program that it runs for a secret', async () => {
  await using files = await openHost('https://plane.example.com')
  const credential = '{ kind: service_account, clientId: a, exec: [/usr/bin/vault, read, secret/jumpcloud] }'
  await files.configure(`  india: { region: in, credential: ${credential} }\n`)
  const lines: string[] = []
  const host = commandHost({ print: (line) => void lines.push(line) })

  await egress({ config: files.at('config.yaml'), connection: 'india' }, host)

  const said = lines.join('\n')
  expect(said).toContain('admin-oauth.id.in.jumpcloud.com:443  JumpCloud: tokens of service accounts')
  expect(said).toContain('It runs /usr/bin/vault, which prints a secret')
  expect(said).not.toContain('secret/jumpcloud')
})
