import { expect, test } from 'vitest'
import { readConfiguration } from '../../../agent/configuration/configuration.ts'
import { destinationsOf } from '../../../agent/egress/destinations.ts'

type Environment = Readonly<Record<string, string>>

function list(connections: string, { plane = 'url: https://plane.example.com', environment = {} as Environment } = {}) {
  const configuration = readConfiguration(`plane: {${plane}}\nconnections:\n${connections}\n`, 'config.yaml')
  return destinationsOf(configuration, environment).map(
    ({ leg, host, port, by, isProxy }) =>
      `${leg} ${host}:${port}${by ? ` by ${by.host}:${by.port}` : ''}${isProxy ? ' (proxy)' : ''}`,
  )
}

const inEnvironment = { environment: { HTTPS_PROXY: 'http://proxy.corp:3128', NO_PROXY: 'plane.example.com' } }

test('is the control plane and the hosts of each region, each once', () => {
  expect(
    list(
      '  main: {region: us}\n  other: {credential: {env: OTHER}, baseUrls: {console: https://jc.test:8443/a, api: https://jc.test:8443/b}}',
    ),
  ).toEqual([
    'plane plane.example.com:443',
    'connections.main console.jumpcloud.com:443',
    'connections.main api.jumpcloud.com:443',
    'connections.other jc.test:8443',
  ])
})

test('names the proxy of a leg, and what it goes on to', () => {
  const proxy = 'proxy: {url: http://proxy.corp:3128, noProxy: [api.eu.jumpcloud.com]}'

  expect(list(`  main: {region: eu, ${proxy}}`)).toEqual([
    'plane plane.example.com:443',
    'connections.main proxy.corp:3128 (proxy)',
    'connections.main console.eu.jumpcloud.com:443 by proxy.corp:3128',
    'connections.main api.eu.jumpcloud.com:443',
  ])
})

test('heeds the proxy of the environment where a leg names none, but for a leg that wants none', () => {
  expect(
    list('  main: {region: in}\n  other: {credential: {env: OTHER}, region: us, proxy: none}', inEnvironment),
  ).toEqual([
    'plane plane.example.com:443',
    'connections.main proxy.corp:3128 (proxy)',
    'connections.main console.in.jumpcloud.com:443 by proxy.corp:3128',
    'connections.main api.in.jumpcloud.com:443 by proxy.corp:3128',
    'connections.other console.jumpcloud.com:443',
    'connections.other api.jumpcloud.com:443',
  ])
})

test('leads plain text by no proxy, and this host by none of the environment', () => {
  const { environment } = inEnvironment
  const proxy = 'proxy: {url: http://proxy.corp:3128}'
  const here = 'baseUrls: {console: http://127.0.0.1:8080, api: "https://[::1]:8443"}'

  expect(list(`  main: {${here}, ${proxy}}\n  other: {credential: {env: OTHER}, ${here}}`, { environment })).toEqual([
    'plane plane.example.com:443',
    'connections.main proxy.corp:3128 (proxy)',
    'connections.main 127.0.0.1:8080',
    'connections.main [::1]:8443 by proxy.corp:3128',
    'connections.other 127.0.0.1:8080',
    'connections.other [::1]:8443',
  ])
})
