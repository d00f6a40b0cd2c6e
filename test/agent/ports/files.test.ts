import { chown, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { filesOfAgent, isPut, systemCode, systemFiles } from '../../../agent/ports/files.ts'

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'sallyport-files-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

test('reads a file up to its limit and says whether that was all', async () => {
  await using at = await folder()
  await writeFile(join(at.path, 'a'), 'abcdef', { mode: 0o640 })

  const all = await systemFiles.read(join(at.path, 'a'), 6)
  const part = await systemFiles.read(join(at.path, 'a'), 4)

  expect(all).toEqual({ kind: 'file', bytes: Buffer.from('abcdef'), whole: true, mode: 0o640 })
  expect(part).toEqual({ kind: 'file', bytes: Buffer.from('abcd'), whole: false, mode: 0o640 })
})

test.each([2047, 2048, 2049, 10_000])(
  'reads all of a file of %i bytes, and of a longer one its beginning',
  async (size) => {
    await using at = await folder()
    const bytes = Buffer.from(Array.from({ length: size }, (_, place) => place % 251))
    await writeFile(join(at.path, 'a'), bytes, { mode: 0o600 })

    const read = (limitBytes: number) => systemFiles.read(join(at.path, 'a'), limitBytes)

    expect(await read(65_536)).toEqual({ kind: 'file', bytes, whole: true, mode: 0o600 })
    expect(await read(size)).toEqual({ kind: 'file', bytes, whole: true, mode: 0o600 })
    expect(await read(size - 1)).toEqual({ kind: 'file', bytes: bytes.subarray(0, -1), whole: false, mode: 0o600 })
  },
)

test('reads a file whose size the system does not know', async () => {
  const read = await systemFiles.read('/proc/self/status', 65_536)

  expect(read).toMatchObject({ kind: 'file', whole: true, bytes: expect.objectContaining({ 0: 'N'.charCodeAt(0) }) })
})

test('calls a folder and a device something else', async () => {
  expect(await systemFiles.read(tmpdir(), 10)).toEqual({ kind: 'other' })
  expect(await systemFiles.read('/dev/zero', 10)).toEqual({ kind: 'other' })
})

test("rejects with the system's code", async () => {
  const error: unknown = await systemFiles.read('/nowhere/at/all', 10).catch((caught: unknown) => caught)

  expect(systemCode(error)).toBe('ENOENT')
  expect(systemCode('ENOENT')).toBeUndefined()
})

test('a link that leads nowhere was put there, and so was what cannot be looked up', async () => {
  await using at = await folder()
  await symlink('nowhere', join(at.path, 'link'))

  const paths = ['link', 'x'.repeat(300), 'nothing', 'nothing/below']
  expect(paths.map((path) => isPut(join(at.path, path)))).toEqual([true, true, false, false])
})

test('to root, a file of the owner of the state directory is not foreign, and that of anybody else is', async () => {
  await using at = await folder()
  const state = join(at.path, 'state')
  const own = join(at.path, 'own')
  const other = join(at.path, 'other')
  await mkdir(state)
  for (const path of [own, other]) await writeFile(path, 'key')
  // Anybody else may not give it away, and all of it stays their own.
  const isRoot = await Promise.all([
    chown(state, 12_345, 12_345),
    chown(own, 12_345, 12_345),
    chown(other, 54_321, 54_321),
  ]).then(
    () => true,
    () => false,
  )

  const files = filesOfAgent(state)

  expect(await files.read(own, 10)).not.toHaveProperty('isForeign')
  expect('isForeign' in (await files.read(other, 10))).toBe(isRoot)
  expect('isForeign' in (await systemFiles.read(own, 10))).toBe(isRoot)
})
