import { mkdtempDisposable, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readOrMakePagesKey } from '../../../control-plane/keys/pages-key.ts'
import { systemRandom as random } from '../../../control-plane/ports/random.ts'

test('is made once, for its owner alone, and refused where it is no key', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-keys-'))
  const path = join(directory.path, 'pages.key')

  const key = await readOrMakePagesKey(path, random)

  expect(key).toHaveLength(32)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(Buffer.from(await readOrMakePagesKey(path, random)).equals(key)).toBe(true)
  await writeFile(path, 'short')
  await expect(readOrMakePagesKey(path, random)).rejects.toMatchObject({
    ...{ code: 'configuration_invalid', message: expect.stringContaining('it is 5 bytes long') },
  })
})
