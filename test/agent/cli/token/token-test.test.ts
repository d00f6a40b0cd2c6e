import { chown, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { startConnectProxy } from '../../../support/connect-proxy.ts'
import { startJumpCloud } from '../../../support/jumpcloud/start.ts'
import { openTokenHost } from '../../../support/token-host.ts'

test('given by root, reads the key of the user of the service', async () => {
  await using jumpcloud = await startJumpCloud({ users: 1, groups: 1 })
  const { url, keys } = jumpcloud
  await using host = await openTokenHost({})
  await host.configure({ baseUrls: { console: url, api: url }, credential: { file: host.at('key') } })
  await writeFile(host.at('key'), keys.administrator, { mode: 0o600 })
  // Anybody else may not give it away, and keeps both.
  for (const path of [host.at(''), host.at('key')]) await chown(path, 12_345, 12_346).catch(() => {})

  const tested = await host.sallyport(['test'])
  const listed = await host.sallyport(['list'])

  expect(tested).toMatchObject({ code: 0, text: expect.stringContaining('main: yes: JumpCloud takes it') })
  expect(listed.text).toContain('main: readable')
})

test.each([
  ['api_key', { env: 'KEY' }],
  ['service_account', { kind: 'service_account', clientId: 'robot', env: 'KEY' }],
])('goes once to a proxy that does not let it through, for a person waits (%s)', async (_, credential) => {
  await using proxy = await startConnectProxy('HTTP/1.1 503 Unavailable\r\n\r\n')
  const jumpcloud = 'https://127.0.0.1:9'
  const baseUrls = { console: jumpcloud, api: jumpcloud, oauth: jumpcloud }
  await using host = await openTokenHost({ baseUrls, proxy: { url: `http://127.0.0.1:${proxy.port}` }, credential })

  const { code, text } = await host.sallyport(['test'], '', { KEY: 'jca_0123456789abcdefghijklmnopqrstuv' })

  expect(code).toBe(1)
  expect(text).toContain('main: no: jumpcloud_unreachable')
  expect(proxy.asked).toHaveLength(1)
})
