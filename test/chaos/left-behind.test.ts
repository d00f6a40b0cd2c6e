import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { createResourceWatch, objectsLeft } from './left-behind.ts'

test('notices a store that was not closed', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-chaos-'))
  using watch = createResourceWatch(folder.path)
  const store = new DatabaseSync(join(folder.path, 'store.db'))

  const before = await watch.leftBehind()
  store.close()

  expect(before).toEqual([`left open: ${join(folder.path, 'store.db')}`])
  expect(await watch.leftBehind()).toEqual([])
})

test('notices an object that somebody still holds', () => {
  class Forgotten {}
  const held = new Set([new Forgotten()])

  const before = objectsLeft([Forgotten])
  held.clear()

  expect(before).toEqual(['left in memory: 1 of Forgotten'])
  expect(objectsLeft([Forgotten])).toEqual([])
})
