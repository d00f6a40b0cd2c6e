import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { SetupFlags } from '../../../../agent/cli/setup/setup-host.ts'
import type { Service } from '../../../../agent/setup/service.ts'
import { startConnectProxy } from '../../../support/connect-proxy.ts'
import { selfSigned } from '../../../support/self-signed.ts'
import { openGround, personWho } from '../../../support/setup-ground.ts'
import { startTlsFront } from '../../../support/tls-front.ts'

const password = 'open-sesame-0123456789'
const authorization = Buffer.from(`agent:${password}`).toString('base64')

/** Both ends behind TLS that nobody trusts, and a proxy. */
async function openWays() {
  await using parts = new AsyncDisposableStack()
  const ground = parts.use(await openGround())
  const { at, plane, jumpcloud, sallyport, createCode } = ground
  const planeFront = parts.use(await startTlsFront(plane.url, selfSigned))
  const jumpcloudFront = parts.use(await startTlsFront(jumpcloud.url, selfSigned))
  const proxy = parts.use(await startConnectProxy())
  await writeFile(at('key'), jumpcloud.keys.administrator)
  await writeFile(at('authority'), selfSigned.cert)
  await writeFile(at('password'), `${password}\n`)
  const ends = { plane: planeFront.url, baseUrl: jumpcloudFront.url, keyFile: at('key'), ca: at('authority') }
  const setUp = async (flags: Partial<SetupFlags>, ...rest: ParametersOfRest<typeof sallyport>) =>
    await sallyport({ ...ends, code: await createCode(), ...flags }, ...rest)
  const targets = [jumpcloudFront, planeFront].map(({ port }) => `CONNECT localhost:${port} HTTP/1.1`)
  const written = (...names: readonly string[]) => readFile(at(...names), 'utf8')
  const all = parts.move()
  return { ...ground, proxy, targets, setUp, written, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

type ParametersOfRest<Called extends (...asked: never[]) => unknown> =
  Parameters<Called> extends [unknown, ...infer Rest] ? Rest : never

const url = ({ port }: { readonly port: number }) => `http://127.0.0.1:${port}`

test('goes to both ends by the proxy and the authorities that it is told, and the agent will, too', async () => {
  await using ways = await openWays()
  const { at, proxy, setUp, written } = ways

  await setUp({ proxy: url(proxy), proxyUser: 'agent', proxyPasswordFile: at('password') })

  const firstLines = proxy.asked.map((head) => head.split('\r\n')[0])
  expect([...new Set(firstLines)]).toEqual(ways.targets)
  expect(proxy.asked.every((head) => head.includes(`Basic ${authorization}`))).toBe(true)
  const place = at('state', 'secrets', 'proxy.password')
  const by = { url: url(proxy), username: 'agent', password: { file: place } }
  const way = JSON.stringify({ ca: at('etc', 'ca.pem'), proxy: by }).slice(1)
  expect(await written('etc', 'config.yaml')).toMatch(/^plane: {"url":"https:.*"ca":/m)
  expect(await written('etc', 'config.yaml')).toContain(`,${way}`)
  expect(await written('etc', 'config.yaml')).toContain(`    proxy: ${JSON.stringify(by)}`)
  expect(await written('etc', 'ca.pem')).toBe(selfSigned.cert)
  expect([await readFile(place, 'utf8'), (await stat(place)).mode & 0o777]).toEqual([password, 0o600])
  expect(ways.text()).toContain(`ok   both ways go by the proxy ${url(proxy)}, which --proxy names`)
  expect(ways.text()).not.toContain(password)
})

const withService: Service = { isThere: true, start: async () => ({ ok: false, said: 'it is not started here' }) }

test('the proxy of its shell is handed on to a service, which has nothing of that shell', async () => {
  await using ways = await openWays()
  const { at, proxy, setUp, written } = ways
  const environment = { HTTPS_PROXY: `http://agent:${password}@127.0.0.1:${proxy.port}`, NO_PROXY: '.corp, 10.0.0.0/8' }

  await expect(setUp({}, undefined, withService, environment)).rejects.toThrow('it is not started here')

  const by = { url: url(proxy), noProxy: ['.corp', '10.0.0.0/8'], username: 'agent' }
  const named = JSON.stringify({ ...by, password: { systemd: 'proxy.password' } })
  expect(await written('etc', 'config.yaml')).toContain(`    proxy: ${named}`)
  expect(await written('etc', 'credentials', 'proxy.password')).toBe(password)
  expect(proxy.asked.length).toBeGreaterThan(1)
  expect(await readdir(at('state'))).toContain('identity.json')
})

test('a person is asked for the password of the proxy', async () => {
  await using ways = await openWays()
  const person = personWho(password)

  await ways.setUp({ proxy: url(ways.proxy), proxyUser: 'agent' }, person)

  expect(person.asked).toEqual(['Password for the proxy? It is not shown.'])
  expect(ways.proxy.asked.every((head) => head.includes(`Basic ${authorization}`))).toBe(true)
})

test('a control plane inside the own network is at a private address, and no proxy leads there', async () => {
  await using ways = await openWays()

  await ways.setUp({ proxy: url(ways.proxy), privatePlane: true })

  expect(await ways.written('etc', 'config.yaml')).toContain('"proxy":"none","privateAddress":true}')
  expect(ways.proxy.asked.every((head) => head.startsWith(String(ways.targets[0])))).toBe(true)
})

test.each<[string, Partial<SetupFlags>, string]>([
  [
    'a proxy with a password in it',
    { proxy: 'http://agent:pw@proxy:3128' },
    'read --proxy: it must be http://HOST:PORT',
  ],
  [
    'a proxy that wants a password, and nobody is there',
    { proxy: 'http://proxy:3128', proxyUser: 'agent' },
    '--proxy-password-file F',
  ],
  ['a name for a proxy that is not named', { proxyUser: 'agent' }, '--proxy-user is for a proxy that --proxy names'],
  ['a name for no proxy', { proxy: 'none', proxyUser: 'agent' }, '--proxy-user is for a proxy that --proxy names'],
  [
    'a password that is of nobody',
    { proxy: 'http://proxy:3128', proxyPasswordFile: import.meta.filename },
    '--proxy-password-file is for the user that --proxy-user names',
  ],
  ['a file that is no certificate', { ca: import.meta.filename }, 'read the certificates of --ca: '],
])('refuses %s, says so and changes nothing', async (_, flags, why) => {
  await using ways = await openWays()
  const before = await readdir(ways.at('.'))

  await expect(ways.setUp(flags)).rejects.toMatchObject({
    code: 'configuration_invalid',
    message: expect.stringContaining(why),
  })

  expect(await readdir(ways.at('.'))).toEqual(before)
  expect(ways.jumpcloud.requests).toEqual([])
})

test.each([
  ['nothing', '\n', 'empty'],
  ['two', 'open sesame', 'white space inside'],
])('refuses %s as the password of a proxy, by the name of its file, before it is used', async (_, text, flaw) => {
  await using ways = await openWays()
  const passwordFile = ways.at('password')
  await writeFile(passwordFile, text)

  const trying = ways.setUp({ proxy: url(ways.proxy), proxyUser: 'agent', proxyPasswordFile: passwordFile })

  await expect(trying).rejects.toMatchObject({
    code: 'secret_invalid',
    message: `read the password of the proxy from ${passwordFile}: that cannot be used as one (${flaw}). Nothing was changed`,
  })
  expect(ways.proxy.asked).toEqual([])
})

test('a proxy that wants a password is an error that names the flags for it, because nothing is written yet', async () => {
  await using ways = await openWays()
  ways.proxy.answer = 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'

  await expect(ways.setUp({ proxy: url(ways.proxy) })).rejects.toThrow(
    /asks for a user name and a password \(407\)\. .*[^.]\. Nothing was written\. Here, the proxy is what --proxy, --proxy-user /,
  )
  await expect(ways.setUp({ proxy: 'http://127.0.0.1:9' })).rejects.toThrow(
    /no connection to the proxy 127\.0\.0\.1:9 .*Nothing was written\. Here, the proxy is what --proxy/,
  )
})
