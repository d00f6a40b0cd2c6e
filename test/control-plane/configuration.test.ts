import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfiguration, readConfiguration } from '../../control-plane/configuration.ts'

const read = (text: string) => readConfiguration(text, 'c.yaml')

test('an empty file means the defaults', () => {
  expect(read('')).toEqual({
    listen: { host: '127.0.0.1', port: 7420 },
    state: '/var/lib/sallyport-control',
    log: { level: 'info' },
  })
})

test.for([
  ['listen:\n  prot: 1\n', 'c.yaml:2:9: listen.prot: Unrecognized key: "prot"'],
  ['listen:\n  port: high\n', 'c.yaml:2:9: listen.port'],
  ['state: 5\n', 'c.yaml:1:8: state'],
  ['tls:\n  cert: a\n', 'c.yaml:2:3: tls.key'],
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
  await expect(loadConfiguration(directory.path, 'given')).rejects.toMatchObject({ code: 'configuration_invalid' })
})
