import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Files, systemFiles } from '../../../agent/ports/files.ts'
import { readSecret } from '../../../agent/vault/read-secret.ts'
import { openSecret } from '../../../agent/vault/secret.ts'
import type { SecretSource } from '../../../agent/vault/secret-source.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const key = '3f8a0c5d7e9b1a2c4d6f8091b2c3d4e5f6a7b8c9'

type Lever = { readonly source: SecretSource; readonly files?: Files; readonly environment?: Record<string, string> }

const read = ({ source, files = systemFiles, environment = {} }: Lever) =>
  readSecret({ connection: 'main', source, files, environment, clock: createFakeClock() })

async function secretFile(content: string | Uint8Array, mode = 0o600) {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-secret-'))
  const path = join(folder, 'main')
  await writeFile(path, content)
  await chmod(path, mode)
  return { folder, path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

test('reads a file, strips the newline that editors add, and notes it by kind', async () => {
  await using file = await secretFile(`${key}\n`)

  const { secret, notes } = await read({ source: { file: file.path } })

  expect(openSecret(secret)).toBe(key)
  expect(notes).toEqual([
    `read the secret of connection main from file ${file.path}: stripped around or inside it: newline`,
  ])
})

test('has nothing to note about a clean file that the service alone can read', async () => {
  await using file = await secretFile(key, 0o400)

  expect((await read({ source: { file: file.path } })).notes).toEqual([])
})

test('follows a symbolic link, as mounted secrets are', async () => {
  await using file = await secretFile(key)
  const link = join(file.folder, 'link')
  await symlink(file.path, link)

  expect(openSecret((await read({ source: { file: link } })).secret)).toBe(key)
})

test.each([0o640, 0o604, 0o620, 0o666])(
  'refuses a file that others can get at (%o) and gives the command',
  async (mode) => {
    await using file = await secretFile(key, mode)

    await expect(read({ source: { file: file.path } })).rejects.toMatchObject({
      code: 'secret_unreadable',
      message: expect.stringContaining(`chmod 600 ${file.path}`),
    })
  },
)

test('calls a file that is not there missing, naming connection and path', async () => {
  await expect(read({ source: { file: '/nowhere/key' } })).rejects.toMatchObject({
    code: 'secret_missing',
    message:
      'read the secret of connection main from file /nowhere/key: there is no such file; write the secret into it',
  })
})

test('refuses what is not a regular file, without waiting for it', async () => {
  await expect(read({ source: { file: tmpdir() } })).rejects.toMatchObject({ code: 'secret_unreadable' })
  await expect(read({ source: { file: '/dev/zero' } })).rejects.toMatchObject({ code: 'secret_unreadable' })
})

test('says what the system said where a file cannot be read', async () => {
  const files: Files = { read: () => Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' })) }

  await expect(read({ source: { file: '/etc/key' }, files })).rejects.toMatchObject({
    code: 'secret_unreadable',
    message: expect.stringContaining('EACCES'),
  })
})

test('says of a mounted file that cannot be read whose it has to be, where it comes from', async () => {
  const files: Files = { read: () => Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' })) }

  const reading = read({ source: { file: '/run/secrets/main', sharedMount: true }, files })

  await expect(reading).rejects.toThrow(/main: EACCES; let the user of the agent read it where it is mounted from/)
})

test('refuses a file larger than any secret', async () => {
  await using file = await secretFile('x'.repeat(20_000))

  await expect(read({ source: { file: file.path } })).rejects.toMatchObject({ code: 'secret_invalid' })
})

test.each([
  ['an empty file', '', 'secret_missing'],
  ['quotes around nothing', '""\n', 'secret_missing'],
  ['two words', `${key} ${key}`, 'secret_invalid'],
  ['a file saved as UTF-16', Buffer.from(`\uFEFF${key}`, 'utf16le'), 'secret_invalid'],
  ['bytes that are not text', Buffer.from([0xc3, 0x28, 0xff, 0x41]), 'secret_invalid'],
])('refuses %s without showing any of it', async (_, content, code) => {
  await using file = await secretFile(content)

  const refusal = read({ source: { file: file.path } })

  await expect(refusal).rejects.toMatchObject({ code, message: expect.not.stringContaining(key.slice(0, 8)) })
})

test('reads an environment variable and warns that it is for trying things out', async () => {
  const { secret, notes } = await read({ source: { env: 'SALLYPORT_TOKEN' }, environment: { SALLYPORT_TOKEN: key } })

  expect(openSecret(secret)).toBe(key)
  expect(notes).toEqual([expect.stringContaining('for trying things out')])
})

test('calls a variable that is not set missing', async () => {
  await expect(read({ source: { env: 'SALLYPORT_TOKEN' } })).rejects.toMatchObject({
    code: 'secret_missing',
    message: expect.stringContaining('connection main from environment variable SALLYPORT_TOKEN: it is not set'),
  })
})

test('notes a secret too short to be looked for in frames', async () => {
  await using file = await secretFile('short')

  expect((await read({ source: { file: file.path } })).notes).toEqual([expect.stringContaining('under 16 characters')])
})

test.each([0o440, 0o444])(
  'takes a file as a container mounts it (%o) where the configuration says so',
  async (mode) => {
    await using file = await secretFile(key, mode)

    await expect(read({ source: { file: file.path } })).rejects.toThrow('sharedMount: true')
    expect(openSecret((await read({ source: { file: file.path, sharedMount: true } })).secret)).toBe(key)
  },
)

test('refuses a mounted file that others can write all the same', async () => {
  await using file = await secretFile(key, 0o660)

  await expect(read({ source: { file: file.path, sharedMount: true } })).rejects.toThrow('its mode 0660')
})

test('refuses a file that belongs to another user', async () => {
  const files: Files = {
    read: async () => ({ kind: 'file', bytes: Buffer.from(key), whole: true, mode: 0o600, isForeign: true }),
  }

  await expect(read({ source: { file: '/etc/key' }, files })).rejects.toMatchObject({
    code: 'secret_unreadable',
    message: expect.stringContaining('belongs to another user'),
  })
})

test('reads the credential that systemd gives to the service, whose access list shows as bits of the group', async () => {
  await using file = await secretFile(key, 0o440)
  const environment = { CREDENTIALS_DIRECTORY: file.folder }

  expect(openSecret((await read({ source: { systemd: 'main' }, environment })).secret)).toBe(key)
  await expect(read({ source: { systemd: 'other' }, environment })).rejects.toMatchObject({ code: 'secret_missing' })
})

test('reads a credential that came with all others of a directory, unless one of its own is there', async () => {
  const other = 'jca_of-a-directory-0123456789abcdef'
  await using file = await secretFile(key, 0o440)
  const environment = { CREDENTIALS_DIRECTORY: file.folder }
  for (const name of ['main', 'europe'])
    await writeFile(join(file.folder, `credentials_${name}`), other, { mode: 0o440 })
  const readNamed = async (name: string) => openSecret((await read({ source: { systemd: name }, environment })).secret)

  expect(await Promise.all([readNamed('main'), readNamed('europe')])).toEqual([key, other])
})

test('says how a service gets a credential where this process has none', async () => {
  await expect(read({ source: { systemd: 'main' } })).rejects.toMatchObject({
    code: 'secret_missing',
    message: expect.stringContaining('LoadCredential=main:FILE'),
  })
})

test('takes what a program prints for the secret, and says of a failed one what it said', async () => {
  const program = (script: string): SecretSource => ({
    exec: { command: ['/bin/sh', '-c', script], environment: [], timeoutMs: 5000 },
  })

  expect(openSecret((await read({ source: program(`echo ${key}`) })).secret)).toBe(key)
  await expect(read({ source: program(`echo vault is sealed, ${key} >&2; exit 3`) })).rejects.toMatchObject({
    code: 'secret_unreadable',
    message:
      'read the secret of connection main from program /bin/sh: it ended with exit code 3, saying: vault is sealed, [long word]',
  })
})
