import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { openGround } from '../../../support/setup-ground.ts'

test('run again, it keeps everything and asks for nothing', async () => {
  await using ground = await openGround()
  const { at, sallyport, jumpcloud, plane, createCode } = ground
  await writeFile(at('key'), jumpcloud.keys.administrator)
  await sallyport({ plane: plane.url, code: await createCode(), keyFile: at('key') })
  const before = await Promise.all(
    ['etc/config.yaml', 'etc/policy.yaml', 'state/identity.json'].map((name) => readFile(at(name))),
  )

  await sallyport({})
  const said = ground.text()
  await sallyport({ code: await createCode() })

  const after = await Promise.all(
    ['etc/config.yaml', 'etc/policy.yaml', 'state/identity.json'].map((name) => readFile(at(name))),
  )
  expect(after).toEqual(before)
  expect(ground.text()).toContain('was there and is valid; it is kept as it is')
  expect(said).toMatch(/this host was enrolled already, as replica \S+ of agent acme$/m)
  expect(ground.text()).toContain('of agent acme; the code was not used')
})

test('where a configuration is there, it says which flags it does not heed', async () => {
  await using ground = await openGround()
  const { at, sallyport, jumpcloud, plane, createCode } = ground
  await writeFile(at('key'), jumpcloud.keys.administrator)
  await sallyport({ plane: plane.url, code: await createCode(), keyFile: at('key') })
  ground.said.length = 0
  const byProxy = { proxy: 'http://proxy:3128', proxyUser: 'agent', proxyPasswordFile: at('password') }

  await sallyport({ plane: `${plane.url}/`, name: 'other', organisation: 'other', keyFile: at('key'), ...byProxy })

  expect(ground.said[0]).toBe(
    `not heeded, because ${at('etc', 'config.yaml')} is there and is kept: --name, --base-url, --organisation, --key-file, --proxy, --proxy-user, --proxy-password-file. Change the file, and its key with "sallyport token set"`,
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

test.each([
  ['the enrolment', ['etc', 'state/secrets']],
  ['the policy', ['etc/config.yaml', 'state/secrets']],
  ['the key', ['etc/config.yaml']],
  ['the configuration', []],
])('cut after %s, it goes on from there when it is run again', async (_, missing) => {
  await using ground = await openGround()
  const { at, sallyport, jumpcloud, plane, createCode } = ground
  await writeFile(at('key'), jumpcloud.keys.administrator)
  const again = async () => await sallyport({ plane: plane.url, code: await createCode(), keyFile: at('key') })
  await again()
  const [configuration, policy] = [at('etc', 'config.yaml'), at('etc', 'policy.yaml')]
  const identity = at('state', 'identity.json')
  const texts = () => Promise.all([configuration, policy, identity].map((path) => readFile(path, 'utf8')))
  const before = await texts()
  for (const name of missing) await rm(at(name), { recursive: true })

  await again()

  expect(await texts()).toEqual(before)
  expect(await readFile(at('state', 'secrets', 'main'), 'utf8')).toBe(jumpcloud.keys.administrator)
  expect(ground.said.at(-1)).toMatch(/^next sallyport start/)
})

test('a host that is enrolled is set up at the control plane that knows it; another address is taken for one that it moved to', async () => {
  await using ground = await openGround()
  const { at, sallyport, jumpcloud, plane, createCode } = ground
  await writeFile(at('key'), jumpcloud.keys.administrator)
  await sallyport({ plane: plane.url, code: await createCode(), keyFile: at('key') })
  const configured = async (flags: { readonly plane?: string }) => {
    await rm(at('etc'), { recursive: true })
    ground.said.length = 0
    await sallyport({ ...flags, keyFile: at('key') })
    return await readFile(at('etc', 'config.yaml'), 'utf8')
  }
  const warning = `this host was enrolled at ${plane.url}: https://moved.example has to be another address of the same`

  expect(await configured({})).toContain(`plane: {"url":"${plane.url}"}`)
  expect(ground.text()).not.toContain('has to be another address')
  expect(await configured({ plane: 'https://moved.example' })).toContain('plane: {"url":"https://moved.example"}')
  expect(ground.text()).toContain(warning)
})
