import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keyStatement, signedTypes } from '@sallyport/protocol'
import { compactVerify, importJWK } from 'jose'
import { expect, test } from 'vitest'
import { createFileSigner } from '../../../control-plane/keys/file-signer.ts'
import { systemRandom as random } from '../../../control-plane/ports/random.ts'

async function makeFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-keys-'))
  return { path: join(folder, 'state', 'signing.key'), [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

test('makes a key on the first start that nobody else may read, and keeps it', async () => {
  await using folder = await makeFolder()

  const first = await createFileSigner({ path: folder.path, random })
  const second = await createFileSigner({ path: folder.path, random })

  expect((await stat(folder.path)).mode & 0o777).toBe(0o600)
  expect(second).toMatchObject({ plane: first.plane, kid: first.kid, statement: first.statement })
})

test('gives two processes that start together one key', async () => {
  await using folder = await makeFolder()
  await createFileSigner({ path: join(folder.path, '..', 'other.key'), random })

  const signers = await Promise.allSettled([1, 2, 3].map(() => createFileSigner({ path: folder.path, random })))
  const last = await createFileSigner({ path: folder.path, random })

  const made = signers.flatMap((signer) => (signer.status === 'fulfilled' ? [signer.value.kid] : []))
  expect(new Set(made)).toEqual(new Set([last.kid]))
})

test('signs what any JOSE library can check with the key of its statement', async () => {
  await using folder = await makeFolder()
  const signer = await createFileSigner({ path: folder.path, random })
  const statement = keyStatement.parse(JSON.parse(signer.statement))

  const jws = await signer.sign(signedTypes.keys, statement)
  const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: statement.keys[0]?.x ?? '' }, 'EdDSA')
  const checked = await compactVerify(jws, key)

  expect(checked.protectedHeader).toEqual({ alg: 'EdDSA', typ: 'sallyport-keys', kid: signer.kid })
  expect(JSON.parse(Buffer.from(checked.payload).toString())).toEqual(statement)
})

test('refuses a file that it did not write, naming the file and not what is in it', async () => {
  await using folder = await makeFolder()
  await createFileSigner({ path: folder.path, random })
  const { key } = JSON.parse(await readFile(folder.path, 'utf8'))
  await writeFile(folder.path, `{"key":"${key.d}"`)

  const failure = await createFileSigner({ path: folder.path, random }).catch((error: unknown) => error)

  expect(failure).toMatchObject({ code: 'configuration_invalid', message: expect.stringContaining(folder.path) })
  expect(String(failure)).not.toContain(key.d)
})
