import { mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../../agent/cli/run.ts'
import { serviceEnvironment } from '../../../agent/cli/service-environment.ts'
import { commandHost } from '../../support/command-host.ts'
import { startJumpCloud } from '../../support/jumpcloud/start.ts'
import { castOf } from '../../support/open-session.ts'

/** A host whose connection has a credential of systemd, which lies in the folder `given`. */
async function openServiceHost() {
  await using stack = new AsyncDisposableStack()
  const jumpcloud = stack.use(await startJumpCloud({ users: 10, groups: 6, events: 0 }))
  const directory = stack.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-service-')))
  const at = (name: string) => join(directory.path, name)
  const main = { baseUrls: { console: jumpcloud.url, api: jumpcloud.url }, credential: { systemd: 'jumpcloud' } }
  const configuration = { plane: { url: 'https://plane.example.com' }, connections: { main } }
  const name = jumpcloud.tenant.groups.get(castOf(jumpcloud).groupId)?.name
  const rules = { main: { allow: ['org.get'], groups: { allow: [name] } } }
  await writeFile(at('config.yaml'), JSON.stringify(configuration))
  await writeFile(at('policy.yaml'), JSON.stringify({ version: 1, connections: rules }))
  await mkdir(at('given'))
  await writeFile(at('given/jumpcloud'), jumpcloud.keys.administrator, { mode: 0o440 })
  const flags = ['--config', at('config.yaml'), '--policy', at('policy.yaml'), '--state', directory.path]
  const sallyport = async (credentialsOfService: string, input: string, ...words: readonly string[]) => {
    const said: string[] = []
    const say = (line: string) => void said.push(line)
    const host = commandHost({ credentialsOfService, print: say, complain: say, readInput: async () => input })
    const code = await run(['node', 'sallyport', ...words, ...flags], host)
    return { code, text: said.join('\n') }
  }
  const all = stack.move()
  return { at, sallyport, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

test('is what the command was given, which goes before what the service was, and that before what it will be given', async () => {
  await using host = await openServiceHost()
  const [given, gone] = [host.at('given'), host.at('gone')]
  const own = { CREDENTIALS_DIRECTORY: '/own' }
  const see = (environment: Readonly<Record<string, string>>, credentialsOfService: string) =>
    serviceEnvironment({ environment, credentialsOfService }, { configuration: host.at('config.yaml') })

  expect(see({}, gone)).toEqual({})
  await mkdir(host.at('credentials'))
  expect(see({}, gone)).toEqual({ CREDENTIALS_DIRECTORY: host.at('credentials') })
  expect(see({}, given)).toEqual({ CREDENTIALS_DIRECTORY: given })
  expect(see(own, given)).toEqual(own)
})

test('commands that need a secret read what systemd gave to the service', async () => {
  await using host = await openServiceHost()

  const stopped = await host.sallyport(host.at('gone'), '', 'token', 'test')
  const tested = await host.sallyport(host.at('given'), '', 'token', 'test')
  const listed = await host.sallyport(host.at('given'), '', 'token', 'list')
  const pinned = await host.sallyport(host.at('given'), '', 'policy', 'pin')

  expect(stopped).toMatchObject({ code: 1, text: expect.stringContaining('secret_missing') })
  expect(tested).toMatchObject({ code: 0, text: expect.stringContaining('main: yes: JumpCloud takes it') })
  expect(listed.text).toContain('main: readable')
  expect(pinned).toMatchObject({ code: 0, text: expect.stringContaining('is pinned to') })
})

test('token set and token list know the credential file that setup made for the service', async () => {
  await using host = await openServiceHost()
  const key = 'jca_0123456789abcdefghijklmnopqrstuv'
  await mkdir(host.at('credentials'))
  await writeFile(host.at('credentials/jumpcloud'), 'the one before', { mode: 0o600 })

  const { code, text } = await host.sallyport(host.at('given'), key, 'token', 'set', 'main')
  const listed = await host.sallyport(host.at('given'), '', 'token', 'list')

  expect(code).toBe(0)
  expect(text).toContain('systemctl restart sallyport')
  expect(await readFile(host.at('credentials/jumpcloud'), 'utf8')).toBe(key)
  expect(listed.text).toContain('0 days old')
})
