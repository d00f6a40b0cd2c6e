import { mkdtempDisposable, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../../agent/cli/run.ts'
import { type SetupFlags, setup } from '../../../agent/cli/setup.ts'
import type { Person } from '../../../agent/setup/questions.ts'
import type { Service } from '../../../agent/setup/service.ts'
import { commandHost } from '../../support/command-host.ts'
import { startControlPlane } from '../../support/control-plane.ts'
import { startJumpCloud } from '../../support/jumpcloud/start.ts'

const noService: Service = { isThere: false, start: async () => ({ ok: false, said: 'there is none' }) }

async function openGround({ organisations = 1 } = {}) {
  await using parts = new AsyncDisposableStack()
  const plane = parts.use(await startControlPlane())
  const jumpcloud = parts.use(await startJumpCloud({ organizations: organisations, seed: 'setup' }))
  const directory = parts.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-setup-')))
  const at = (...names: readonly string[]) => join(directory.path, ...names)
  const token = await plane.token('agents:write')
  const createCode = async () => {
    const { json } = await plane.ask({ method: 'POST', path: '/v1/agents/acme/codes', token, body: {} })
    return String(Object(json).code)
  }
  const said: string[] = []
  const say = (line: string) => void said.push(line)
  const sallyport = async (flags: Partial<SetupFlags>, person?: Person, service = noService) => {
    const places = { config: at('etc', 'config.yaml'), policy: at('etc', 'policy.yaml'), state: at('state') }
    const all = { ...places, name: 'main', start: true, baseUrl: jumpcloud.url, ...flags }
    await setup(all, { ...commandHost({ print: say, complain: say }), person, service })
  }
  const all = parts.move()
  return {
    ...{ at, plane, jumpcloud, createCode, sallyport, said },
    text: () => said.join('\n'),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** Answers in order, and keeps what it was asked. */
function personWho(...answers: readonly (string | undefined)[]): Person & { readonly asked: readonly string[] } {
  const left = [...answers]
  const asked: string[] = []
  const answer = async (question: string) => {
    asked.push(question)
    return left.shift()
  }
  return {
    asked,
    text: answer,
    hidden: answer,
    choose: async (question, choices) => {
      const said = await answer(question)
      return choices.find(({ label }) => said !== undefined && label.includes(said))?.value
    },
    say: () => {},
  }
}

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
    expect.stringContaining('ok   the key is in'),
    expect.stringContaining('allows reads alone: events.pull'),
    expect.stringContaining('config.yaml is written'),
    expect.stringMatching(/^ok {3}enrolled as replica \S+ of agent acme/),
    `next sallyport start --config ${at('etc', 'config.yaml')} --policy ${at('etc', 'policy.yaml')} --state ${at('state')}`,
  ])
  expect(ground.text()).not.toContain(jumpcloud.keys.administrator)
  const check = ['policy', 'check', '--config', at('etc', 'config.yaml'), '--policy', at('etc', 'policy.yaml')]
  expect(await run(['node', 'sallyport', ...check, '--state', at('state')], commandHost({}))).toBe(0)
})

test('run again, it keeps everything and asks for nothing', async () => {
  await using ground = await openGround()
  const { at, sallyport, jumpcloud, plane, createCode } = ground
  await writeFile(at('key'), jumpcloud.keys.administrator)
  await sallyport({ plane: plane.url, code: await createCode(), keyFile: at('key') })
  const before = await Promise.all(
    ['etc/config.yaml', 'etc/policy.yaml', 'state/identity.json'].map((name) => readFile(at(name))),
  )

  await sallyport({})

  const after = await Promise.all(
    ['etc/config.yaml', 'etc/policy.yaml', 'state/identity.json'].map((name) => readFile(at(name))),
  )
  expect(after).toEqual(before)
  expect(ground.text()).toContain('was there and is valid; it is kept as it is')
  expect(ground.text()).toContain('this host was enrolled already')
})

test('where a configuration is there, it says which flags it does not heed', async () => {
  await using ground = await openGround()
  const { at, sallyport, jumpcloud, plane, createCode } = ground
  await writeFile(at('key'), jumpcloud.keys.administrator)
  await sallyport({ plane: plane.url, code: await createCode(), keyFile: at('key') })
  ground.said.length = 0

  await sallyport({ plane: `${plane.url}/`, organisation: 'other', keyFile: at('key') })

  expect(ground.said[0]).toBe(
    `not heeded, because ${at('etc', 'config.yaml')} is there and is kept: --base-url, --organisation, --key-file. Change the file, and its key with "sallyport token set"`,
  )
})

test('refuses another control plane than that of the configuration, and sends it no code', async () => {
  await using ground = await openGround()
  const { at, sallyport, plane, createCode } = ground
  const written = `plane: { url: ${plane.url} }\nconnections: { main: { region: us, credential: { file: ${at('key')} } } }\n`
  await writeFile(at('config.yaml'), written)

  const trying = sallyport({
    config: at('config.yaml'),
    plane: 'https://other.example',
    code: await createCode(),
  })

  await expect(trying).rejects.toMatchObject({
    code: 'configuration_invalid',
    message: `set up: ${at('config.yaml')} is there and names the control plane ${plane.url}, not https://other.example; leave --plane out to keep it, or change the file`,
  })
  expect(await readdir(at('.'))).toEqual(['config.yaml'])
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

test('asks a person for what no flag says, and the key without showing it', async () => {
  await using ground = await openGround()
  const { at, sallyport, jumpcloud, plane, createCode } = ground
  const person = personWho(plane.url, ` "${jumpcloud.keys.administrator}" `, await createCode())

  await sallyport({}, person)

  expect(person.asked).toEqual([
    'Address of the control plane?',
    'JumpCloud API key? It is not shown, and stays on this host.',
    'One-time code? It is not shown.',
  ])
  expect(await readFile(at('state', 'secrets', 'main'), 'utf8')).toBe(jumpcloud.keys.administrator)
})

test('lists the organisations of a key that sees several, and works with the one that is chosen', async () => {
  await using ground = await openGround({ organisations: 2 })
  const { at, sallyport, jumpcloud, plane, createCode } = ground
  const second = String(jumpcloud.tenants[1]?.organization._id)
  const person = personWho(second)
  await writeFile(at('key'), jumpcloud.keys.multiTenant)

  await expect(sallyport({ plane: plane.url, keyFile: at('key') })).rejects.toMatchObject({
    code: 'configuration_invalid',
    message: expect.stringContaining(`${second} (`),
  })
  expect(await readdir(at('.'))).toEqual(['key'])
  await sallyport({ plane: plane.url, code: await createCode(), keyFile: at('key') }, person)

  expect(await readFile(at('etc', 'config.yaml'), 'utf8')).toContain(`organisationId: "${second}"`)
})

test('a key that JumpCloud does not take leaves nothing behind', async () => {
  await using ground = await openGround()
  const { at, sallyport, plane } = ground
  await writeFile(at('key'), 'jca_0000000000000000000000000000000000')

  await expect(sallyport({ plane: plane.url, keyFile: at('key') })).rejects.toMatchObject({
    code: 'credential_rejected',
  })

  expect(await readdir(at('.'))).toEqual(['key'])
})

test.each([
  [
    'the control plane',
    { keyFile: 'key' },
    'the address of the control plane is missing, and nobody is there to ask; give it with --plane URL',
  ],
  [
    'the key',
    { plane: 'https://plane.example' },
    'the JumpCloud API key is missing, and nobody is there to ask; give it with --key-file F',
  ],
  ['the region', { plane: 'https://plane.example', baseUrl: undefined }, 'the region of JumpCloud is missing'],
])('where nobody is there and %s is not named, it says which flag to give', async (_, flags, message) => {
  await using ground = await openGround()

  // The type of the flags wants a key left out rather than undefined; commander gives both.
  await expect(ground.sallyport(flags as Partial<SetupFlags>)).rejects.toMatchObject({
    code: 'configuration_invalid',
    message: expect.stringContaining(message),
  })
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
  const service: Service = { isThere: true, start: async () => ({ ok: false, said: 'Unit is masked.' }) }

  const trying = sallyport({ plane: plane.url, code: await createCode(), keyFile: at('key') }, undefined, service)

  await expect(trying).rejects.toMatchObject({
    code: 'agent_not_ready',
    message: 'start the service: Unit is masked.. See: journalctl -u sallyport',
  })
  expect(await readFile(at('etc', 'credentials', 'main'), 'utf8')).toBe(jumpcloud.keys.administrator)
  expect(await readFile(at('etc', 'config.yaml'), 'utf8')).toContain('credential: {"systemd":"main"}')
})
