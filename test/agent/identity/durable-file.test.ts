import { mkdtempDisposable, readdir, readFile, stat, writeFile } from 'node:fs/promises'
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

test('is not stopped by what an earlier try left behind', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-durable-'))
  const path = join(directory.path, 'file.json')
  await writeFile(`${path}.new`, 'half of a te', { mode: 0o666 })

  await writeDurably(path, 'whole')

  expect(await readFile(path, 'utf8')).toBe('whole')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})
