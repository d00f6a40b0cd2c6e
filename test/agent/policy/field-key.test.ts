import { mkdtempDisposable, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readFieldKey } from '../../../agent/policy/field-key.ts'
import { systemRandom } from '../../../agent/ports/random.ts'

test('is drawn once, and kept for its owner alone', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-fields-'))

  const [first, second] = [readFieldKey(directory.path, systemRandom), readFieldKey(directory.path, systemRandom)]

  expect(first).toHaveLength(32)
  expect(Buffer.from(second)).toEqual(Buffer.from(first))
  expect((await stat(join(directory.path, 'fields.key'))).mode & 0o777).toBe(0o600)
})

test('is refused where it cannot be kept, or is none', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-fields-'))
  await writeFile(join(directory.path, 'fields.key'), 'short')

  expect(() => readFieldKey(directory.path, systemRandom)).toThrow('not 32 bytes long')
  expect(() => readFieldKey(join(directory.path, 'nowhere'), systemRandom)).toThrow('ENOENT')
})
