import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { run } from '../../../../agent/cli/run.ts'
import type { SetupFlags } from '../../../../agent/cli/setup/setup-host.ts'
import type { Person } from '../../../../agent/setup/questions.ts'
import type { Service } from '../../../../agent/setup/service.ts'
import { commandHost } from '../../../support/command-host.ts'
import { openGround, personWho } from '../../../support/setup-ground.ts'

test('makes three files and an identity from flags and a key file, and says what it checked and what is next', async () => {
  await using ground = await openGround()
  const { at, sallyport, jumpcloud, plane, createCode } = ground
  await writeFile(at('key'), `${jumpcloud.keys.administrator}\n`, { mode: 0o600 })

  await sallyport({ plane: plane.url, code: await createCode(), keyFile: at('key'), nonInteractive: true })

  expect(await readFile(at('state', 'secrets', 'main'), 'utf8')).toBe(jumpcloud.keys.administrator)
  expect((await stat(at('state', 'secrets', 'main'))).mode & 0o777).toBe(0o600)
  const folders = [at('etc'), at('state'), at('state', 'secrets')]
  expect(await Promise.all(folders.map(async (path) => (await stat(path)).mode & 0o777))).toEqual([0o755, 0o700, 0o700])
  expect(await readFile(at('etc', 'policy.yaml'), 'utf8')).toMatch(/allow:\n {6}- events.pull\n {6}- groups.get\n/)
  expect(await readFile(at('etc', 'policy.yaml'), 'utf8')).not.toContain('groups.members.add')
  expect(ground.text()).toContain('main: yes: JumpCloud takes it, for organisation')
  expect(await readFile(at('etc', 'config.yaml'), 'utf8')).toContain(
    `organisationId: "${jumpcloud.tenant.organization._id}"`,
  )
  expect(ground.said.slice(-6)).toEqual([
    expect.stringMatching(/^ok {3}JumpCloud takes the key of organisation [0-9a-f]{24}$/),
    expect.stringMatching(/^ok {3}enrolled as replica \S+ of agent acme/),
    expect.stringContaining('ok   the key is in'),
    expect.stringContaining('allows reads alone: events.pull'),
    expect.stringContaining('config.yaml is written'),
    `next sallyport start --config ${at('etc', 'config.yaml')} --policy ${at('etc', 'policy.yaml')} --state ${at('state')}`,
  ])
  expect(ground.text()).not.toContain(jumpcloud.keys.administrator)
  const check = ['policy', 'check', '--config', at('etc', 'config.yaml'), '--policy', at('etc', 'policy.yaml')]
  expect(await run(['node', 'sallyport', ...check, '--state', at('state')], commandHost({}))).toBe(0)
})

test('a malformed code is noticed before JumpCloud is asked and before anything is written', async () => {
  await using ground = await openGround()
  const { at, sallyport, jumpcloud, plane } = ground
  await writeFile(at('key'), jumpcloud.keys.administrator)

  const trying = sallyport({ plane: plane.url, code: 'spc1.half-of-it', keyFile: at('key') })

  await expect(trying).rejects.toMatchObject({ code: 'code_malformed' })
  expect(jumpcloud.requests).toEqual([])
  expect(await readdir(at('.'))).toEqual(['key'])
})

test.each<readonly [string, Partial<SetupFlags> & { readonly isRoot?: boolean }, RegExp]>([
  ['an address that is none', { plane: 'control.example.com' }, /^read --plane: this must be an https URL/],
  ['a name that is none', { name: 'My Company' }, /^read --name: .*lower-case.*Nothing was changed$/],
  ['who is not root, beside a service', { isRoot: false }, /only root can set up the service .*run it as root/],
])('refuses %s before it asks for anything secret', async (_, { isRoot = true, ...slip }, why) => {
  await using ground = await openGround()
  const { at, sallyport, jumpcloud, plane } = ground
  const person = personWho('not asked for')
  const service: Service = { isThere: true, start: async () => ({ ok: true, said: '' }) }

  const trying = sallyport({ plane: plane.url, ...slip }, person, service, {}, isRoot)

  await expect(trying).rejects.toMatchObject({
    code: 'configuration_invalid',
    message: expect.stringMatching(why),
  })
  expect([person.asked, jumpcloud.requests, await readdir(at('.'))]).toEqual([[], [], []])
})

test('asks a person for what no flag says, and the key without showing it', async () => {
  await using ground = await openGround()
  const { at, sallyport, jumpcloud, plane, createCode } = ground
  const person = personWho(plane.url, await createCode(), ` "${jumpcloud.keys.administrator}" `)

  await sallyport({}, person)

  expect(person.asked).toEqual([
    'Address of the control plane?',
    'One-time code? It is not shown.',
    'JumpCloud API key? It is not shown, and stays on this host.',
  ])
  expect(await readFile(at('state', 'secrets', 'main'), 'utf8')).toBe(jumpcloud.keys.administrator)
})

test('lists the organisations of a key that sees several, and works with the one that is chosen', async () => {
  await using ground = await openGround({ organisations: 2 })
  const { at, sallyport, jumpcloud, plane, createCode } = ground
  const code = await createCode()
  const second = String(jumpcloud.tenants[1]?.organization._id)
  // It goes into a question that is drawn by moving the cursor.
  Object.assign(Object(jumpcloud.tenants[1]?.organization), { displayName: '\u001b[1A\nAcme' })
  const person = personWho(`\\u001b[1A\\u000aAcme (${second})`)
  await writeFile(at('key'), jumpcloud.keys.multiTenant)

  await expect(sallyport({ plane: plane.url, code, keyFile: at('key') })).rejects.toMatchObject({
    code: 'configuration_invalid',
    message: expect.stringContaining(`${second} (`),
  })
  expect(await readdir(at('.'))).toEqual(['key'])
  await sallyport({ plane: plane.url, code, keyFile: at('key') }, person)

  expect(await readFile(at('etc', 'config.yaml'), 'utf8')).toContain(`organisationId: "${second}"`)
})

test('a connection that is given as a key is sent to nobody', async () => {
  await using ground = await openGround()
  const { at, sallyport, jumpcloud, plane, createCode } = ground
  await writeFile(at('key'), JSON.stringify({ token: jumpcloud.keys.administrator }))

  const trying = sallyport({ plane: plane.url, code: await createCode(), keyFile: at('key') })

  await expect(trying).rejects.toMatchObject({
    code: 'secret_invalid',
    message: expect.stringMatching(/that is JSON, and no key alone; .*--connection-file/),
  })
  expect(jumpcloud.requests).toEqual([])
})

test('a key that JumpCloud does not take leaves nothing behind', async () => {
  await using ground = await openGround()
  const { at, sallyport, plane, createCode } = ground
  await writeFile(at('key'), 'jca_0000000000000000000000000000000000')

  await expect(sallyport({ plane: plane.url, code: await createCode(), keyFile: at('key') })).rejects.toMatchObject({
    code: 'credential_rejected',
  })

  expect(await readdir(at('.'))).toEqual(['key'])
})

const everything = {
  what: 'the address of the control plane, the one-time code of the control plane, the region of JumpCloud, the JumpCloud API key',
  flags: '--plane URL, --code CODE (or - for standard input), --region us, eu or in, --key-file F',
}
const inPart = {
  what: 'the one-time code of the control plane, the JumpCloud API key',
  flags: '--code CODE (or - for standard input), --key-file F',
}

test.each([
  ['nothing', { baseUrl: undefined }, everything.what, everything.flags],
  ['a part', { plane: 'https://plane.example' }, inPart.what, inPart.flags],
])(
  'where nobody is there and %s is named, it names all that is missing, with its flags, and changes nothing',
  async (_, flags, what, give) => {
    await using ground = await openGround()

    // The type of the flags wants a key left out rather than undefined; commander gives both.
    await expect(ground.sallyport(flags as Partial<SetupFlags>)).rejects.toMatchObject({
      code: 'configuration_invalid',
      message: `set up: missing: ${what}; and nobody is there to ask. Give it with ${give}. Nothing was changed`,
    })
    expect(await readdir(ground.at('.'))).toEqual([])
  },
)

test.each([
  ['the code', 1],
  ['the key', 2],
])('a person who gives up at %s has changed nothing, as they are told', async (_, answered) => {
  await using ground = await openGround()
  const answers = [ground.plane.url, await ground.createCode()].slice(0, answered)

  await expect(ground.sallyport({}, personWho(...answers))).rejects.toThrow(
    /no answer was given\. .* Nothing was changed$/,
  )

  expect(await readdir(ground.at('.'))).toEqual([])
})

test('a JumpCloud that is out of reach is an error that says why, and how to go by a proxy', async () => {
  await using ground = await openGround()
  const { at, sallyport, plane, createCode } = ground
  await writeFile(at('key'), 'jca_0000000000000000000000000000000000')
  const closed = { baseUrl: 'http://127.0.0.1:9', keyFile: at('key') }

  await expect(sallyport({ plane: plane.url, code: await createCode(), ...closed })).rejects.toMatchObject({
    code: 'jumpcloud_unreachable',
    message: expect.stringMatching(/ECONNREFUSED 127\.0\.0\.1:9\. Nothing was written\. .* --proxy http:/),
  })

  expect(await readdir(at('.'))).toEqual(['key'])
})

test('a JumpCloud that is gone when its organisation is chosen is told as one that never was there', async () => {
  await using ground = await openGround({ organisations: 2 })
  const { at, sallyport, jumpcloud, plane, createCode } = ground
  await writeFile(at('key'), jumpcloud.keys.multiTenant)
  const person: Person = {
    ...personWho(),
    choose: async (_, [first]) => {
      await jumpcloud[Symbol.asyncDispose]()
      return first?.value
    },
  }

  const trying = sallyport({ plane: plane.url, code: await createCode(), keyFile: at('key') }, person)

  await expect(trying).rejects.toThrow(/Nothing was written\. .* --proxy http:/)
})

test('an address of the control plane where there is none leaves no settings, so that another may be given', async () => {
  await using ground = await openGround()
  const { at, sallyport, jumpcloud, plane, createCode } = ground
  await writeFile(at('key'), jumpcloud.keys.administrator)
  const [keyFile, code] = [at('key'), await createCode()]

  await expect(sallyport({ plane: 'http://127.0.0.1:1', code, keyFile })).rejects.toThrow(/127\.0\.0\.1:1/)
  expect(await readdir(at('.'))).not.toContain('etc')
  await sallyport({ plane: plane.url, code, keyFile })

  expect(await readFile(at('etc', 'config.yaml'), 'utf8')).toContain(plane.url)
})

test('a policy that a person wrote before is kept', async () => {
  await using ground = await openGround()
  const { at, sallyport, jumpcloud, plane, createCode } = ground
  await writeFile(at('key'), jumpcloud.keys.administrator)
  await writeFile(at('policy.yaml'), 'version: 1\nconnections: { main: { allow: [org.get] } }\n')

  await sallyport({ plane: plane.url, code: await createCode(), keyFile: at('key'), policy: at('policy.yaml') })

  expect(await readFile(at('policy.yaml'), 'utf8')).toContain('org.get')
  expect(ground.text()).toContain('policy.yaml was there; it is kept as it is')
})

test('under systemd the key lies where the unit takes it from, and a service that does not start is an error that says where to look', async () => {
  await using ground = await openGround()
  const { at, sallyport, jumpcloud, plane, createCode } = ground
  await writeFile(at('key'), jumpcloud.keys.administrator)
  const service: Service = { isThere: true, start: async () => ({ ok: false, said: 'Unit is masked' }) }

  const trying = sallyport({ plane: plane.url, code: await createCode(), keyFile: at('key') }, undefined, service)

  await expect(trying).rejects.toMatchObject({
    code: 'agent_not_ready',
    message: 'start the service: Unit is masked. See: sallyport doctor',
  })
  expect(await readFile(at('etc', 'credentials', 'main'), 'utf8')).toBe(jumpcloud.keys.administrator)
  expect(await readFile(at('etc', 'config.yaml'), 'utf8')).toContain('credential: {"systemd":"main"}')
})
