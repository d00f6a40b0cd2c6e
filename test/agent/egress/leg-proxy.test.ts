import { expect, test } from 'vitest'
import { proxyOf } from '../../../agent/egress/leg-proxy.ts'
import { basicAuthorization } from '../../../agent/vault/basic-authorization.ts'
import { Secret } from '../../../agent/vault/secret.ts'

const ofEnvironment = (environment: Readonly<Record<string, string>>) => proxyOf('plane', {}, environment)

test('is none where nobody names one', () => {
  expect(ofEnvironment({})).toBeUndefined()
  expect(ofEnvironment({ HTTPS_PROXY: ' ', HTTP_PROXY: 'http://proxy:3128' })).toBeUndefined()
})

test('is that of the configuration rather than that of the environment', () => {
  const proxy = { url: { host: 'one', port: 1 }, noProxy: [] }

  expect(proxyOf('connections.main', { proxy }, { HTTPS_PROXY: 'http://two:2' })).toMatchObject({
    host: 'one',
    namedBy: 'connections.main.proxy',
  })
  expect(proxyOf('plane', { proxy: 'none' }, { HTTPS_PROXY: 'http://two:2' })).toBeUndefined()
})

test('is read from the variable in lower case first, with or without a scheme', () => {
  const environment = { https_proxy: 'one:3128', HTTPS_PROXY: 'http://two:3128', no_proxy: 'a, b  c,', NO_PROXY: 'd' }

  expect(ofEnvironment(environment)).toMatchObject({
    ...{ host: 'one', port: 3128, namedBy: 'https_proxy', noProxy: ['a', 'b', 'c'] },
  })
  expect(ofEnvironment({ HTTPS_PROXY: 'http://two' })).toMatchObject({ host: 'two', port: 80, noProxy: [] })
})

test('has user name and password of the variable, decoded, and shows no password', () => {
  const proxy = ofEnvironment({ HTTPS_PROXY: 'http://us%40er:p%3Ass%zz@proxy:3128' })

  expect(proxy?.username).toBe('us@er')
  expect(JSON.stringify(proxy)).not.toContain('p:ss')
  const password = proxy?.password instanceof Secret ? proxy.password : new Secret('')
  expect(basicAuthorization('us@er', password)).toBe(`Basic ${btoa('us@er:p%3Ass%zz')}`)
})

test.each(['socks5://proxy:1080', 'https://proxy:443', 'http://', 'http://pa ss@[proxy'])(
  'refuses a variable that names no HTTP proxy, and repeats none of it: %s',
  (text) => {
    const read = () => ofEnvironment({ https_proxy: text })

    expect(read).toThrow('read https_proxy of the environment: it must be http://HOST:PORT')
    expect(read).not.toThrow(/socks5|pa ss/)
  },
)
