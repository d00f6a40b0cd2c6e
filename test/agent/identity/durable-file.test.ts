import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtempDisposable,
  readdir,
  readFile,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeDurably } from '../../../agent/identity/durable-file.ts'

test('replaces a file as a whole, for its owner alone, and leaves no neighbour', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-durable-'))
  const path = join(directory.path, 'file.json')
  await writeFile(path, 'a much longer text than the next one', { mode: 0o644 })

  await writeDurably(path, 'short')

  expect(await readFile(path, 'utf8')).toBe('short')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(directory.path)).toEqual(['file.json'])
})

test('what others may read has the mode for that, whatever the umask is', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-durable-'))
  const path = join(directory.path, 'settings.yaml')

  await writeDurably(path, 'version: 1', 0o646)

  expect((await stat(path)).mode & 0o777).toBe(0o646)
})

test('is not stopped by what an earlier try left behind', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-durable-'))
  const path = join(directory.path, 'file.json')
  await writeFile(`${path}.new`, 'half of a te', { mode: 0o666 })

  await writeDurably(path, 'whole')

  expect(await readFile(path, 'utf8')).toBe('whole')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('follows no link that the owner of the folder put where the neighbour goes', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-durable-'))
  const path = join(directory.path, 'file.json')
  const precious = join(directory.path, 'policy.yaml')
  await writeFile(precious, 'version: 1', { mode: 0o644 })
  await symlink(precious, `${path}.new`)

  await writeDurably(path, 'whole')

  expect(await readFile(precious, 'utf8')).toBe('version: 1')
  expect((await stat(precious)).mode & 0o777).toBe(0o644)
  expect((await lstat(path)).isFile()).toBe(true)
})

test('what root writes into a folder of somebody else is theirs', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-durable-'))
  const folder = join(directory.path, 'state')
  await mkdir(folder)
  // Anybody else may not give it away, and keeps both.
  await chown(folder, 12_345, 12_346).catch(() => {})

  await writeDurably(join(folder, 'pins.json'), '{}')

  const { uid, gid } = await stat(folder)
  expect(await stat(join(folder, 'pins.json'))).toMatchObject({ uid, gid })
})

test("what is the service's stays so where root writes it into a folder of root's", async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-durable-'))
  const path = join(directory.path, 'jumpcloud.key')
  await writeFile(path, 'before')
  // Anybody else may not give it away, and keeps both.
  await chown(path, 12_345, 12_346).catch(() => {})
  const { uid, gid } = await stat(path)

  await writeDurably(path, 'after')

  expect(await stat(path)).toMatchObject({ uid, gid })
})

test('nothing is given to a stranger who put a file where everybody can', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-durable-'))
  const path = join(directory.path, 'jumpcloud.key')
  await writeFile(path, 'bait')
  await chown(path, 12_345, 12_346).catch(() => {})
  await chmod(directory.path, 0o1777)

  await writeDurably(path, 'after')

  expect((await stat(path)).uid).toBe((await stat(directory.path)).uid)
})

test('of two at once, neither puts half of a text in place', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-durable-'))
  const path = join(directory.path, 'file.json')
  const texts = ['one'.repeat(100_000), 'other'.repeat(50_000)]

  const ends = await Promise.allSettled(texts.map((text) => writeDurably(path, text)))

  const written = texts.filter((_, index) => ends[index]?.status === 'fulfilled')
  expect(written).toContain(await readFile(path, 'utf8'))
})
