import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sign } from '../../../scripts/build/sign.ts'

/** A release of two files, and a key beside it. */
async function openRelease(type: 'ed25519' | 'ed448' = 'ed25519') {
  const directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-sign-'))
  const keys = await mkdtempDisposable(join(tmpdir(), 'sallyport-key-'))
  const at = (name: string) => join(directory.path, name)
  await writeFile(at('b.tgz'), 'two')
  await writeFile(at('a.deb'), 'one')
  const encoding = { format: 'pem', type: 'pkcs8' } as const
  const { privateKey } = type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ed448')
  const keyFile = join(keys.path, 'key.pem')
  await writeFile(keyFile, privateKey.export(encoding))
  const remove = async () => void (await Promise.all([directory.remove(), keys.remove()]))
  return { folder: directory.path, at, keyFile, privateKey, [Symbol.asyncDispose]: remove }
}

test('lists the hash of every file, and signs the list where a key is named', async () => {
  await using release = await openRelease()

  expect(await sign(release.folder, release.keyFile)).toBe(true)

  const list = await readFile(release.at('SHA256SUMS'))
  expect(list.toString().split('\n')).toEqual([
    '7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed  a.deb',
    '3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3  b.tgz',
    '',
  ])
  const signature = await readFile(release.at('SHA256SUMS.sig'))
  expect(verify(null, list, createPublicKey(release.privateKey), signature)).toBe(true)
})

test('without a key the list is there and no signature, not even that of a build before', async () => {
  await using release = await openRelease()
  await sign(release.folder, release.keyFile)

  expect(await sign(release.folder, undefined)).toBe(false)

  expect(existsSync(release.at('SHA256SUMS.sig'))).toBe(false)
  expect((await readFile(release.at('SHA256SUMS'), 'utf8')).match(/\.sig/)).toBeNull()
})

test('a key of another kind is refused, and named by its file alone', async () => {
  await using release = await openRelease('ed448')

  await expect(sign(release.folder, release.keyFile)).rejects.toThrow(/the key in .*key\.pem is ed448, and must be/)
})
