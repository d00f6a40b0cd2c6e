import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfiguration, readConfiguration } from '../../control-plane/configuration.ts'

const days = 24 * 60 * 60 * 1000

const read = (text: string) => readConfiguration(text, 'c.yaml')

test('an empty file means the defaults', () => {
  expect(read('')).toEqual({
    listen: { host: '127.0.0.1', port: 7420 },
    state: '/var/lib/sallyport-control',
    keep: { pagesMs: 30 * days, runsMs: 400 * days },
    log: { level: 'info' },
  })
})

test.for([
  ['listen:\n  prot: 1\n', 'c.yaml:2:9: listen.prot: there is no such key here; allowed: host, port'],
  ['sate: x\n', 'c.yaml:1:7: sate: there is no such key here; allowed: listen, tls, state, keep, log'],
  ['listen:\n  port: 70000\n', 'c.yaml:2:9: listen.port: this must be at most 65535'],
  ['listen: 0.0.0.0:7420\n', 'c.yaml:1:9: listen: this must be a mapping of keys to values'],
  ['log: { level: loud }\n', 'c.yaml:1:15: log.level: this value is not known here; allowed: debug, info, warn, error'],
  ['state:\n', 'state: there is nothing here'],
  ['state:/var/lib/x\n', 'the file: this must be a mapping of keys to values'],
  ['listen:\n\tport: 1\n', 'c.yaml:2:1: a tab indents here; use spaces'],
  ['state: a\nstate: b\n', 'c.yaml:2:1: this key is there already'],
  ['listen:\n  port: high\n', 'c.yaml:2:9: listen.port: this must be a number'],
  ['state: 5\n', 'c.yaml:1:8: state'],
  ['tls:\n  cert: a\n', 'c.yaml:2:3: tls.key: this is missing'],
  ['listen: [\n', 'c.yaml:2:1: this is not valid YAML'],
  ['- a\n', 'c.yaml:1:1: the file'],
] as const)('refuses %j with its place', ([text, why]) => {
  expect(() => read(text)).toThrow(why)
})

test.for(['127.0.0.1', '127.9.9.9', '::1', 'localhost'])('listens in clear text at %s', (host) => {
  expect(read(`listen: { host: "${host}" }`).listen.host).toBe(host)
})

test.for(['0.0.0.0', '::', '10.0.0.5', 'plane.example.com', '127.0.0.1.example.com'])(
  'refuses to listen in clear text at %s',
  (host) => {
    expect(() => read(`listen: { host: "${host}" }`)).toThrow('without tls the server listens on a loopback address')
    expect(read(`listen: { host: "${host}" }\ntls: { cert: c, key: k }`).listen.host).toBe(host)
  },
)

test('a file that is not there matters only where it was named', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-configuration-'))
  const missing = join(directory.path, 'none.yaml')
  const there = join(directory.path, 'c.yaml')
  await writeFile(there, 'listen: { port: 0 }\n')

  expect((await loadConfiguration(missing, 'default')).listen.port).toBe(7420)
  expect((await loadConfiguration(there, 'given')).listen.port).toBe(0)
  await expect(loadConfiguration(missing, 'given')).rejects.toMatchObject({
    code: 'configuration_invalid',
    message: expect.stringContaining('there is no such file'),
  })
  await writeFile(there, Buffer.from('\uFEFFstate: x', 'utf16le'))
  await expect(loadConfiguration(there, 'given')).rejects.toThrow('it is not UTF-8 text')
  await expect(loadConfiguration(directory.path, 'given')).rejects.toMatchObject({ code: 'configuration_invalid' })
})
