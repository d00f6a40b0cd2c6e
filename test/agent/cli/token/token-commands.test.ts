import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startConnectProxy } from '../../../support/connect-proxy.ts'
import { startJumpCloud } from '../../../support/jumpcloud/start.ts'
import { openTokenHost as openHost } from '../../../support/token-host.ts'

const key = 'jca_0123456789abcdefghijklmnopqrstuv'

describe('set', () => {
  test('takes no secret as an argument, and does not repeat it', async () => {
    await using host = await openHost({})
    await host.configure({ region: 'us', credential: { file: host.at('key') } })

    const { code, text } = await host.sallyport(['set', 'main', key], key)

    expect(code).toBe(2)
    expect(text).toContain('never taken as an argument')
    expect(text).not.toContain(key)
    await expect(readFile(host.at('key'))).rejects.toThrow('ENOENT')
  })

  test('writes what it is given, cleaned, to the file that the configuration names, for nobody else to read', async () => {
    await using host = await openHost({})
    await host.configure({ region: 'us', credential: { file: host.at('key') } })

    const { code, text } = await host.sallyport(['set', 'main'], `"${key}"\r\n`)

    expect(code).toBe(0)
    expect(await readFile(host.at('key'), 'utf8')).toBe(key)
    expect((await stat(host.at('key'))).mode & 0o777).toBe(0o600)
    expect(text).toContain('stripped around or inside it: newline, quotes')
    expect(text).not.toContain(key)
  })

  test('gives a connection without a credential a file of its own, and says what to write into the configuration', async () => {
    await using host = await openHost({ region: 'us' })

    const { text } = await host.sallyport(['set', 'main'], key)

    expect(text).toContain(`credential: { file: ${host.at('secrets/main')} }`)
    expect(await readFile(host.at('secrets/main'), 'utf8')).toBe(key)
    expect((await stat(host.at('secrets'))).mode & 0o777).toBe(0o700)
  })

  test('writes the credential file of a systemd service, and says that a restart is needed', async () => {
    await using host = await openHost({ region: 'us', credential: { systemd: 'jumpcloud' } })
    await writeFile(host.at('new'), key)

    const unnamed = await host.sallyport(['set', 'main', '--from-file', host.at('new')])
    const named = await host.sallyport([
      'set',
      'main',
      '--from-file',
      host.at('new'),
      '--credential-file',
      host.at('c'),
    ])

    expect(unnamed.text).toContain('LoadCredential=jumpcloud: by --credential-file')
    expect(named.text).toContain('systemctl restart sallyport')
    expect(await readFile(host.at('c'), 'utf8')).toBe(key)
  })

  test.each([
    ['nothing', '', 'secret_missing'],
    ['two values', `${key} ${key}`, 'secret_invalid'],
  ])('writes nothing where it is given %s', async (_, input, code) => {
    await using host = await openHost({})
    await host.configure({ region: 'us', credential: { file: host.at('key') } })
    await writeFile(host.at('key'), 'as it was')

    const { text } = await host.sallyport(['set', 'main'], input)

    expect(text).toContain(code)
    expect(await readFile(host.at('key'), 'utf8')).toBe('as it was')
  })

  test('says which names there are', async () => {
    await using host = await openHost({ region: 'us', writer: { env: 'WRITER' } })

    expect((await host.sallyport(['set', 'mian'], key)).text).toContain('there are: main, main.writer')
  })
})

describe('test', () => {
  test('asks JumpCloud whose the credential is', async () => {
    await using jumpcloud = await startJumpCloud({ users: 1, groups: 1 })
    const { url, keys, tenant } = jumpcloud
    await using host = await openHost({ baseUrls: { console: url, api: url }, credential: { env: 'KEY' } })

    const good = await host.sallyport(['test'], '', { KEY: keys.administrator })
    const bad = await host.sallyport(['test', 'main'], '', { KEY: key })

    expect(good).toMatchObject({ code: 0, text: expect.stringContaining(`main: yes: JumpCloud takes it`) })
    expect(good.text).toContain(tenant.id)
    expect(bad).toMatchObject({ code: 1, text: expect.stringContaining('main: no: credential_rejected') })
    expect(good.text + bad.text).not.toContain(key)
  })

  test('says why the proxy does not let it through, where nobody has a log to look into', async () => {
    await using proxy = await startConnectProxy('HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n')
    const url = 'https://127.0.0.1:9'
    const settings = { baseUrls: { console: url, api: url }, credential: { env: 'KEY' } }
    await using host = await openHost({ ...settings, proxy: { url: `http://127.0.0.1:${proxy.port}` } })

    const { code, text } = await host.sallyport(['test'], '', { KEY: key })

    expect({ code, text }).toMatchObject({ code: 1, text: expect.stringContaining('main: no: jumpcloud_unreachable') })
    expect(text).toMatch(/egress.closed.*connections.main.proxy/)
  })

  test('shows what it can do, which allowed jobs need that, what is missing and what is too much', async () => {
    await using jumpcloud = await startJumpCloud({ users: 1, groups: 1, events: 0 })
    const { url, keys } = jumpcloud
    await using host = await openHost({ baseUrls: { console: url, api: url }, credential: { env: 'KEY' } })
    await writeFile(host.at('policy.yaml'), 'version: 1\nconnections: {main: {allow: [users.list, events.pull]}}\n')
    const test = async (...words: string[]) =>
      host.sallyport(['test', ...words, '--policy', host.at('policy.yaml')], '', { KEY: keys.administrator })
    jumpcloud.levers.planWithoutInsights({})

    const [text, json] = [(await test()).text, JSON.parse((await test('--json')).text.split('\n').at(-1) ?? '')]

    const page = await readFile(join(import.meta.dirname, '../../../../docs/credentials.md'), 'utf8')
    const [, shown = ''] = /\nmain: yes.*\n([^`]+)```/.exec(page) ?? []
    expect(shown).toContain('FAMILY')
    expect(text).toContain(shown.trimEnd())
    expect(text).toMatch(/FAMILY +CAN +NEEDED BY +WHY/)
    expect(text).toMatch(/systemusers +yes +users.list\n/)
    expect(text).toMatch(/insights +no +events.pull +402: the organisation's JumpCloud plan does not include it/)
    expect(text).toMatch(/usergroups.members.change +unproven +- +it changes something, which is never tried/)
    expect(text).toContain('missing: insights, which the policy allows events.pull to use')
    expect(text).toContain('more than needed: usergroups; no job')
    expect(text).toContain('the policy allows no change here')
    expect(json.credentials).toMatchObject([{ name: 'main', error: null, excess: ['usergroups'], writes: false }])
    expect(json.credentials[0].capabilities).toContainEqual({
      ...{ family: 'insights', state: 'no', code: 'plan_missing', neededBy: ['events.pull'] },
      why: expect.stringContaining('402'),
    })
    expect(jumpcloud.mutations).toEqual([])
  })

  test('asks with the credential for changes who it is, and nothing that it is not for', async () => {
    await using jumpcloud = await startJumpCloud({ users: 1, groups: 1, events: 0 })
    const { url, keys } = jumpcloud
    const both = { credential: { env: 'KEY' }, writer: { env: 'WRITER' } }
    await using host = await openHost({ baseUrls: { console: url, api: url }, ...both })

    const { code, text } = await host.sallyport(['test'], '', { KEY: keys.readOnly, WRITER: keys.administrator })

    expect(code).toBe(0)
    const asked = (keyId: string) => jumpcloud.requests.filter((one) => one.keyId === keyId).map(({ path }) => path)
    expect(asked('administrator')).toEqual(['/api/organizations'])
    expect(asked('read-only')).toContain('/insights/directory/v1/events')
    const ofWriter = text.split('main.writer: yes')[1]
    expect(ofWriter).toMatch(/usergroups.members.change +unproven/)
    expect(ofWriter).toContain('this credential is for changes alone, and the policy allows none here; remove it')
    expect(text.split('main.writer: yes')[0]).not.toContain('unproven')
  })

  test('tells what a credential can do although the policy cannot be read', async () => {
    await using jumpcloud = await startJumpCloud({ users: 1, groups: 1, events: 0 })
    const { url, keys } = jumpcloud
    await using host = await openHost({ baseUrls: { console: url, api: url }, credential: { env: 'KEY' } })

    const words = ['test', '--policy', host.at('none.yaml')]
    const { code, text } = await host.sallyport(words, '', { KEY: keys.readOnly })

    expect(code).toBe(0)
    expect(text).toMatch(/systemusers +yes/)
    expect(text).toContain('the policy could not be read')
  })

  test('trades the secret of a service account for a token first', async () => {
    await using jumpcloud = await startJumpCloud({ users: 1, groups: 1 })
    const { url, serviceAccount } = jumpcloud
    const credential = { kind: 'service_account', clientId: serviceAccount.clientId, env: 'KEY' }
    await using host = await openHost({ baseUrls: { console: url, api: url, oauth: url }, credential })

    const { code } = await host.sallyport(['test'], '', { KEY: serviceAccount.clientSecret })

    expect(code).toBe(0)
  })

  test('lists the organisations of a credential that sees several while none is named', async () => {
    await using jumpcloud = await startJumpCloud({ users: 1, groups: 1, organizations: 2 })
    const { url, keys, tenants } = jumpcloud
    await using host = await openHost({ baseUrls: { console: url, api: url }, credential: { env: 'KEY' } })

    const { code, text } = await host.sallyport(['test'], '', { KEY: keys.multiTenant })

    expect(code).toBe(1)
    for (const { id } of tenants) expect(text).toContain(id)
  })
})

describe('list', () => {
  test('shows source, expiry and a fingerprint that stays, and no part of a secret', async () => {
    await using host = await openHost({})
    await host.configure({
      region: 'us',
      credential: { file: host.at('key'), expiresAt: '2027-01-31' },
      writer: { env: 'WRITER' },
    })
    await writeFile(host.at('key'), key, { mode: 0o600 })

    const first = await host.sallyport(['list', '--json'])
    const again = await host.sallyport(['list', '--json'])
    const text = await host.sallyport(['list'])

    expect(JSON.parse(first.text)).toMatchObject({
      credentials: [
        { name: 'main', state: 'readable', source: `file ${host.at('key')}`, expiresAt: '2027-01-31T00:00:00.000Z' },
        { name: 'main.writer', state: 'secret_missing', fingerprint: null },
      ],
    })
    expect(again.text).toBe(first.text)
    expect(text.text).toMatch(
      /main: readable, api_key, file .*, 0 days old, ends 2027-01-31.*, fingerprint [0-9a-f]{12}/,
    )
    expect(first.text + text.text).not.toContain(key.slice(4, 12))
  })
})
