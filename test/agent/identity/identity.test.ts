import { execFileSync } from 'node:child_process'
import { mkdir, mkdtempDisposable, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Identity, openIdentityFile } from '../../../agent/identity/identity.ts'
import { makeReplicaKey } from '../../../agent/identity/replica-key.ts'
import { makeSigningKey, statementOf } from '../../support/plane-peer-keys.ts'

const signer = makeSigningKey()
const keysOf = (version: number) => ({ plane: 'plane-1', version, keys: [{ kid: signer.kid, x: signer.x }] })

const makeIdentity = (): Identity => ({
  version: 1,
  plane: { id: 'plane-1', keys: keysOf(1) },
  agent: 'acme',
  replica: 'replica-1',
  key: makeReplicaKey(),
  counter: 0,
})

const folder = () => mkdtempDisposable(join(tmpdir(), 'sallyport-identity-'))

test('gives back what was written, from a file that its owner alone can read', async () => {
  await using directory = await folder()
  const file = openIdentityFile(directory.path)
  const identity = makeIdentity()

  await file.write(identity)

  expect(await openIdentityFile(directory.path).read()).toEqual(identity)
  expect((await stat(file.path)).mode & 0o777).toBe(0o600)
})

test('says on a host that is not enrolled what to run', async () => {
  await using directory = await folder()

  await expect(openIdentityFile(directory.path).read()).rejects.toMatchObject({
    code: 'identity_missing',
    message: expect.stringContaining('sallyport enrol --plane URL --code CODE'),
  })
})

test.each([
  { flaw: 'no JSON', change: () => '{' },
  { flaw: 'an empty file', change: () => '' },
  { flaw: 'a key that is none', change: (text: string) => text.replace(/"d": "[^"]+"/, '"d": "short"') },
  { flaw: 'a counter that is no number', change: (text: string) => text.replace('"counter": 0', '"counter": "0"') },
])('refuses $flaw without showing what is in it', async ({ change }) => {
  await using directory = await folder()
  const file = openIdentityFile(directory.path)
  const identity = makeIdentity()
  await file.write(identity)

  await writeFile(file.path, change(await readFile(file.path, 'utf8')))

  const refusal = await file.read().catch((error: unknown) => error)
  expect(refusal).toMatchObject({ code: 'identity_invalid' })
  expect(String(refusal)).not.toContain(identity.key.d)
})

test('counts each session once, however many ask at the same time, and keeps a new statement beside it', async () => {
  await using directory = await folder()
  const file = openIdentityFile(directory.path)
  await file.write(makeIdentity())

  await Promise.all([file.nextCounter(), file.pinKeys(keysOf(2)), file.nextCounter(), file.nextCounter()])

  expect(await file.read()).toMatchObject({ counter: 3, plane: { keys: { version: 2 } } })
})

test('keeps the newer of two statements', async () => {
  await using directory = await folder()
  const file = openIdentityFile(directory.path)
  await file.write({ ...makeIdentity(), plane: { id: 'plane-1', keys: keysOf(3) } })

  await file.pinKeys(statementOf('plane-1', 2, makeSigningKey()))

  expect((await file.read()).plane.keys).toEqual(keysOf(3))
})

test('goes on counting after a write that failed, and says what the folder must be', async () => {
  await using directory = await folder()
  const file = openIdentityFile(directory.path)

  await expect(file.nextCounter()).rejects.toMatchObject({ code: 'identity_missing' })
  await file.write(makeIdentity())

  expect((await file.nextCounter()).counter).toBe(1)
  await expect(openIdentityFile(join(directory.path, 'no-such-folder')).write(makeIdentity())).rejects.toMatchObject({
    code: 'identity_invalid',
    message: expect.stringContaining('state directory'),
  })
})

test('does not wait for what is no file, as whoever has the state directory may put there', async () => {
  await using directory = await folder()
  const file = openIdentityFile(directory.path)
  execFileSync('mkfifo', [file.path])

  await expect(file.read()).rejects.toMatchObject({
    code: 'identity_invalid',
    message: expect.stringContaining('that is no file'),
  })
})

test('proves that it can be written before the first session, without counting one', async () => {
  await using directory = await folder()
  const file = openIdentityFile(directory.path)
  const identity = makeIdentity()
  await file.write(identity)

  await file.prove()

  expect(await file.read()).toEqual(identity)
  await mkdir(`${file.path}.new`)
  await expect(file.prove()).rejects.toMatchObject({ code: 'identity_invalid', cause: { code: 'EISDIR' } })
})

describe('while the disk takes nothing', () => {
  test('sessions are counted by what was reserved, and the next process uses none of them again', async () => {
    await using directory = await folder()
    const file = openIdentityFile(directory.path)
    await file.write(makeIdentity())
    const before = await file.nextCounter()
    await mkdir(`${file.path}.new`)

    const meanwhile = [await file.nextCounter(), await file.nextCounter()]
    await rm(`${file.path}.new`, { recursive: true })
    const after = await file.nextCounter()
    const ofNextProcess = await openIdentityFile(directory.path).nextCounter()

    const counters = [before, ...meanwhile, after].map(({ counter }) => counter)
    expect(counters).toEqual([1, 2, 3, 4])
    expect(ofNextProcess.counter).toBeGreaterThan(100)
  })

  test('they end where nothing is reserved any more, and a process that never counted one counts none', async () => {
    await using directory = await folder()
    const file = openIdentityFile(directory.path)
    await file.write(makeIdentity())
    await file.nextCounter()
    await mkdir(`${file.path}.new`)

    const counted = await Promise.all(Array.from({ length: 100 }, () => file.nextCounter()))

    expect(counted.at(-1)?.counter).toBe(101)
    await expect(file.nextCounter()).rejects.toMatchObject({ code: 'identity_invalid' })
    await expect(openIdentityFile(directory.path).nextCounter()).rejects.toMatchObject({ code: 'identity_invalid' })
  })

  test('a host that was enrolled anew counts from the beginning', async () => {
    await using directory = await folder()
    const file = openIdentityFile(directory.path)
    await file.write(makeIdentity())
    await file.nextCounter()
    await file.write({ ...makeIdentity(), replica: 'replica-2' })

    expect((await file.nextCounter()).counter).toBe(1)
  })
})

test('keeps the draft of an enrolment in a file that its owner alone can read', async () => {
  await using directory = await folder()
  const file = openIdentityFile(directory.path)
  const draft = { code: 'abcdefghijklmnop', nonce: 'n'.repeat(43), key: makeReplicaKey() }

  await file.writeDraft(draft)

  expect(await file.readDraft()).toEqual(draft)
  expect((await stat(join(directory.path, 'enrolment.json'))).mode & 0o777).toBe(0o600)
  await file.dropDraft()
  expect(await file.readDraft()).toBeUndefined()
})
