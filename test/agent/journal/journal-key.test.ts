import { chmod, mkdir, mkdtempDisposable, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readJournalKey } from '../../../agent/journal/journal-key.ts'
import { systemFiles } from '../../../agent/ports/files.ts'
import { systemRandom } from '../../../agent/ports/random.ts'

test('is made on first use, for its owner alone, and is the same ever after', async () => {
  await using host = await createHost()

  const first = await host.read()
  const second = await host.read()

  expect(first).toMatchObject({ source: 'file', path: host.keyPath })
  expect(first.bytes.length).toBe(32)
  expect(second.bytes).toEqual(first.bytes)
  expect(await readFile(host.keyPath)).toEqual(first.bytes)
  expect((await stat(host.keyPath)).mode & 0o777).toBe(0o600)
})

test('is the systemd credential where there is one, and then no file is made', async () => {
  await using host = await createHost()
  await writeFile(host.credentialPath, Buffer.alloc(32, 5), { mode: 0o440 })

  const key = await host.read()

  expect(key).toMatchObject({ source: 'credential', path: host.credentialPath })
  expect(key.bytes).toEqual(Buffer.alloc(32, 5))
  await expect(stat(host.keyPath)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('of another length is refused', async () => {
  for (const length of [0, 31, 33, 4096]) {
    await using host = await createHost()
    await writeFile(host.keyPath, Buffer.alloc(length), { mode: 0o600 })

    const reading = host.read()

    await expect(reading).rejects.toMatchObject({ code: 'configuration_invalid' })
    await expect(reading).rejects.toThrow(`read the journal key ${host.keyPath}: it is not 32 bytes long`)
  }
})

test('that others can read is refused, and the way to mend it is told', async () => {
  await using host = await createHost()
  await writeFile(host.keyPath, Buffer.alloc(32))
  await chmod(host.keyPath, 0o640)

  await expect(host.read()).rejects.toThrow(
    `its mode 0640 gives it to others on this host; run: chmod 600 ${host.keyPath}`,
  )

  await writeFile(host.credentialPath, Buffer.alloc(32))
  await chmod(host.credentialPath, 0o444)
  await expect(host.read()).rejects.toThrow(`${host.credentialPath}: its mode 0444`)
})

test('that cannot be read is refused, rather than replaced by a new one', async () => {
  await using host = await createHost()
  await mkdir(host.keyPath)
  await expect(host.read()).rejects.toThrow('it is not a regular file')

  await using looping = await createHost()
  await symlink(looping.keyPath, looping.keyPath)
  await expect(looping.read()).rejects.toThrow(`read the journal key ${looping.keyPath}: ELOOP`)
})

test('is not made anew beside a journal that needs the old one', async () => {
  await using host = await createHost()
  await writeFile(join(host.state, 'journal.db'), '')

  const reading = host.read()

  await expect(reading).rejects.toMatchObject({ code: 'configuration_invalid' })
  await expect(reading).rejects.toThrow(/journal\.key: it is missing, and the journal .*journal\.db cannot be read/)
})

test('that cannot be written may be written later', async () => {
  await using host = await createHost()

  const reading = host.read({ stateDirectory: join(host.state, 'missing') })

  await expect(reading).rejects.toMatchObject({ code: 'journal_unavailable', retry: true })
})

async function createHost() {
  const directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-journal-key-'))
  const credentialsDirectory = join(directory.path, 'credentials')
  const state = join(directory.path, 'state')
  await mkdir(credentialsDirectory)
  await mkdir(state)
  const options = { stateDirectory: state, credentialsDirectory, files: systemFiles, random: systemRandom }
  return {
    state,
    keyPath: join(state, 'journal.key'),
    credentialPath: join(credentialsDirectory, 'journal-key'),
    read: (changes: Partial<typeof options> = {}) => readJournalKey({ ...options, ...changes }),
    [Symbol.asyncDispose]: directory.remove,
  }
}
