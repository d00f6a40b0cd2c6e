import { chmod, mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemSurroundings } from '../../../agent/ports/surroundings.ts'

const { see, list, room, isWritable, isClosed, ask } = systemSurroundings
const { signal } = new AbortController()

test('sees files and directories with their modes, and says nothing of what is not there', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-surroundings-'))
  const at = (name: string) => join(folder.path, name)
  await writeFile(at('file'), 'four')
  await chmod(at('file'), 0o640)
  await mkdir(at('directory'), { mode: 0o700 })

  expect(await see(at('file'))).toMatchObject({ kind: 'file', mode: 0o640, byteCount: 4, uid: systemSurroundings.uid })
  expect(await see(at('directory'))).toMatchObject({ kind: 'directory', mode: 0o700 })
  expect(await see('/dev/null')).toMatchObject({ kind: 'other' })
  expect(await see(at('nothing'))).toBeUndefined()
  expect((await list(folder.path)).toSorted()).toEqual(['directory', 'file'])
  expect(await list(at('nothing'))).toEqual([])
})

test('tells how much room there is, and that a directory that is there can be written to', async () => {
  expect((await room(tmpdir())).freeBytes).toBeGreaterThan(0)
  expect(await room('/proc')).toEqual({ freeBytes: 0, freeFiles: undefined })
  expect(await isWritable(tmpdir())).toBe(true)
  expect(await isClosed(tmpdir())).toBe(false)
  expect(await isClosed('/nowhere/at/all')).toBe(false)
})

test('gives what a program prints, and nothing of one that is not there, fails, or is given up', async () => {
  const given = new AbortController()
  const slow = ask('sleep', ['60'], given.signal)
  given.abort()

  expect(await ask('echo', ['it', 'is'], signal)).toBe('it is\n')
  expect(await ask('no-such-program', [], signal)).toBeUndefined()
  expect(await ask('false', [], signal)).toBeUndefined()
  expect(await slow).toBeUndefined()
})
