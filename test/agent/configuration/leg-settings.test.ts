import { expect, test } from 'vitest'
import { readConfiguration } from '../../../agent/configuration/configuration.ts'

const read = (more: string) => {
  const plane = `plane:\n  url: https://plane.example.com\n  ${more}\n`
  return readConfiguration(`${plane}connections: {main: {region: us, ${more.replaceAll('\n', ',')}}}\n`, 'config.yaml')
}

test('takes the same for both legs', () => {
  const proxy =
    'proxy: {url: "http://Proxy.corp:80", username: agent, password: {file: /run/secrets/proxy}, noProxy: [.corp]}'
  const expected = {
    proxy: {
      ...{ url: { host: 'proxy.corp', port: 80 }, username: 'agent', password: { file: '/run/secrets/proxy' } },
      noProxy: ['.corp'],
    },
  }

  const { plane, connections } = read(proxy)

  expect(plane).toMatchObject(expected)
  expect(connections.main).toMatchObject(expected)
  expect(read('proxy: none').plane.proxy).toBe('none')
  expect(read('ca: /etc/ca.pem').plane.ca).toBe('/etc/ca.pem')
  expect(read('privateAddress: true').plane.privateAddress).toBe(true)
})

test.each([
  ['another word than none', 'proxy: no', 'proxy: this must be none, or a mapping of url'],
  ['a list', 'proxy: []', 'proxy: this must be none, or a mapping of url'],
  [
    'a key that is misspelt',
    'proxy: {url: "http://p:1", usrname: x}',
    'proxy.usrname: there is no such key here; did you mean username?',
  ],
  ['no url', 'proxy: {noProxy: []}', 'proxy.url: this is missing'],
  ['an url without a port', 'proxy: {url: "http://p"}', 'proxy.url: this must be http://HOST:PORT'],
  ['an url with a password', 'proxy: {url: "http://agent:hunter2@p:1"}', 'proxy.url: this must be http://HOST:PORT'],
  ['a proxy that speaks TLS', 'proxy: {url: "https://p:1"}', 'proxy.url: this must be http://HOST:PORT'],
  ['a name without a password', 'proxy: {url: "http://p:1", username: x}', 'proxy: name both username and password'],
  [
    'two passwords',
    'proxy: {url: "http://p:1", username: x, password: {env: A, file: /b}}',
    'proxy.password: name exactly one of systemd, file, keychain, exec or env',
  ],
  ['a relative path', 'ca: ca.pem', 'ca: this must be an absolute path'],
])('refuses %s, without repeating what was written', (_, more, sentence) => {
  const refusal = () => read(more)

  expect(refusal).toThrow(`plane.${sentence}`)
  expect(refusal).toThrow(`connections.main.${sentence}`)
  expect(refusal).not.toThrow('hunter2')
})
