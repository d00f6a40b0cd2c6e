import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  configurationSchema,
  loadConfiguration,
  readConfiguration,
} from '../../../agent/configuration/configuration.ts'
import { root } from '../../support/source/source-files.ts'

const read = (text: string) => readConfiguration(text, 'config.yaml')

const plane = 'plane: {url: https://plane.example.com}\n'
const withConnection = (lines: string) => `${plane}connections:\n  main:\n${lines.replace(/^/gm, '    ')}\n`

const refusal = (...words: string[]) =>
  expect.objectContaining({
    code: 'configuration_invalid',
    message: expect.stringMatching(words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')),
  })

const days = 24 * 60 * 60 * 1000

test('reads a small configuration and fills in what it leaves open', () => {
  expect(read(withConnection('region: eu\ncredential: {file: /run/secrets/main}'))).toEqual({
    plane: { url: 'https://plane.example.com' },
    connections: {
      main: { hosts: 'eu', credential: { kind: 'api_key', source: { file: '/run/secrets/main' } }, concurrency: 10 },
    },
    log: { level: 'info' },
    listen: {},
    drainMs: 30_000,
    ledger: { fileBytes: 64 * 1024 ** 2, fileMs: 1 * days, keepMs: 400 * days, keepBytes: 8 * 1024 ** 3 },
  })
})

test('reads everything that a configuration can say', () => {
  const text = `
plane:
  url: http://127.0.0.1:7420/sallyport/
connections:
  main:
    baseUrls:
      console: http://localhost:8080
      api: https://api.example.com/
      oauth: https://oauth.example.com
    organisationId: 602600000000000000000012
    credential:
      kind: api_key
      env: MAIN_TOKEN
    concurrency: 4
    requestsPerHour: 6000
log:
  level: debug
listen: { health: '127.0.0.1:9463', metrics: '[::1]:9464' }
drainMs: 5000
ledger:
  keepDays: 30
  keepBytes: 1000000000
`
  expect(read(text)).toEqual({
    plane: { url: 'http://127.0.0.1:7420/sallyport' },
    connections: {
      main: {
        hosts: { console: 'http://localhost:8080', api: 'https://api.example.com', oauth: 'https://oauth.example.com' },
        organisationId: '602600000000000000000012',
        credential: { kind: 'api_key', source: { env: 'MAIN_TOKEN' } },
        concurrency: 4,
        requestsPerHour: 6000,
      },
    },
    log: { level: 'debug' },
    listen: { health: { host: '127.0.0.1', port: 9463 }, metrics: { host: '::1', port: 9464 } },
    drainMs: 5000,
    ledger: { fileBytes: 64 * 1024 ** 2, fileMs: 1 * days, keepMs: 30 * days, keepBytes: 1_000_000_000 },
  })
})

test('reads the trial variable where a connection names no credential', () => {
  expect(read(withConnection('region: us')).connections.main?.credential).toEqual({
    kind: 'api_key',
    source: { env: 'SALLYPORT_TOKEN' },
  })
})

test.each([
  [
    'a misspelt key',
    withConnection('regoin: us'),
    ['config.yaml:4:5: connections.main.regoin', 'did you mean region?'],
  ],
  [
    'neither region nor base URLs',
    withConnection('concurrency: 4'),
    ['config.yaml:3:3: connections.main', 'region', 'baseUrls'],
  ],
  [
    'both region and base URLs',
    withConnection('region: us\nbaseUrls: {console: https://a.example, api: https://b.example}'),
    ['config.yaml:3:3: connections.main', 'one of the two'],
  ],
  [
    'a region that is none',
    withConnection('region: europe'),
    ['config.yaml:4:13: connections.main.region', 'allowed: us, eu, in'],
  ],
  [
    'file and env at once',
    withConnection('region: us\ncredential: {file: /a, env: B}'),
    ['config.yaml:5:5: connections.main.credential', 'exec or env'],
  ],
  ['no source at all', withConnection('region: us\ncredential: {kind: api_key}'), ['config.yaml:5:5', 'exec or env']],
  [
    'a kind that there is not',
    withConnection('region: us\ncredential: {kind: password, file: /a}'),
    ['config.yaml:5:24', 'allowed: api_key'],
  ],
  [
    'a service account without its id',
    withConnection('region: us\ncredential: {kind: service_account, file: /a}'),
    ['config.yaml:5:5', 'credential.clientId', 'is needed there'],
  ],
  [
    'a service account without a token endpoint',
    withConnection(
      'baseUrls: {console: "https://a", api: "https://a"}\ncredential: {kind: service_account, clientId: a, file: /a}',
    ),
    ['baseUrls.oauth', 'token endpoint'],
  ],
  ['a relative path', withConnection('region: us\ncredential: {file: key}'), ['config.yaml:5:24', 'absolute path']],
  [
    'an organisation that is no id',
    withConnection('region: us\norganisationId: acme'),
    ['config.yaml:5:21', '24 lower-case hexadecimal'],
  ],
  ['no requests', withConnection('region: us\nrequestsPerHour: 0'), ['config.yaml:5:22', 'at least 1']],
  ['no concurrency', withConnection('region: us\nconcurrency: 0'), ['config.yaml:5:18', 'at least 1']],
  ['no connection', `${plane}connections: {}\n`, ['config.yaml:2:1: connections', 'at least one connection']],
  ['connections left empty', `${plane}connections:\n`, ['config.yaml:2:1: connections', 'nothing here']],
  ['no plane', 'connections: {main: {region: us}}\n', ['config.yaml:1:1: plane', 'missing']],
  [
    'a connection name that is none',
    `${plane}connections: {Main Org: {region: us}}`,
    ['config.yaml:2:15', 'lower-case letters'],
  ],
  [
    'a log level that is none',
    `${withConnection('region: us')}log: {level: verbose}`,
    ['config.yaml:5:14: log.level', 'debug, info'],
  ],
  ['the same key twice', `${plane}${plane}`, ['config.yaml:2:1', 'there already']],
])('refuses %s at its line and column', (_, text, words) => {
  expect(() => read(text)).toThrow(refusal(...words))
})

test('refuses one credential for two regions, because a key belongs to one', () => {
  const two = (first: string, second: string) => `${plane}connections:\n  a: {${first}}\n  b: {${second}}\n`

  expect(() => read(two('region: us', 'region: eu'))).toThrow(refusal('config.yaml:4:3: connections.b', 'of its own'))
  expect(() => read(two('region: us', 'region: us'))).not.toThrow()
  expect(() => read(two('region: us', 'region: eu, credential: {env: OTHER}'))).not.toThrow()
})

test('never shows a secret that was pasted in the place of something else', () => {
  const key = '3f8a0c5d7e9b1a2c4d6f8091b2c3d4e5f6a7b8c9'

  for (const lines of [
    `region: us\ncredential: ${key}`,
    `region: us\ncredential: {env: ${key}}`,
    `region: us\n${key}:`,
  ]) {
    expect(() => read(withConnection(lines))).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(key.slice(0, 6)) }),
    )
  }
})

test('describes every key, because the documents are made from it', () => {
  const bare: string[] = []
  const walk = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return
    for (const [key, member] of Object.entries(schema)) {
      if (key === 'properties') {
        for (const [name, property] of Object.entries(Object(member))) {
          if (!Object.hasOwn(Object(property), 'description')) bare.push(`${path}.${name}`)
        }
      }
      walk(member, `${path}.${key}`)
    }
  }

  walk(z.toJSONSchema(configurationSchema, { io: 'input' }), '')

  expect(bare).toEqual([])
})

test('loads a file, and names it where it is missing', async () => {
  const bytes = Buffer.from(withConnection('region: in'))
  const files = { read: async () => ({ kind: 'file', bytes, whole: true, mode: 0o644 }) as const }

  expect((await loadConfiguration('/etc/sallyport/config.yaml', files)).connections.main?.hosts).toBe('in')

  const none = { read: () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' })) }
  await expect(loadConfiguration('/etc/sallyport/config.yaml', none)).rejects.toMatchObject({
    code: 'configuration_invalid',
    message: 'read the configuration: /etc/sallyport/config.yaml: there is no such file; write it, or name another',
  })
})

test('the page about credentials shows a configuration that is valid', () => {
  const page = readFileSync(join(root, 'docs/credentials.md'), 'utf8')
  const [, example = ''] = /```yaml\n(.*?)```/s.exec(page) ?? []

  const { connections } = readConfiguration(example, 'config.yaml')

  expect(Object.keys(connections)).toEqual(['main', 'europe', 'india', 'desk'])
})
