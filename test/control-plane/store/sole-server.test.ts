import { mkdtempDisposable, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { beSoleServer } from '../../../control-plane/store/sole-server.ts'

test('a second one is refused while the first holds the file, and not after', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-sole-'))
  const path = join(directory.path, 'server.lock')
  const first = await beSoleServer(path)

  await expect(beSoleServer(path)).rejects.toMatchObject({
    code: 'configuration_invalid',
    message: expect.stringContaining('another control plane runs'),
  })
  first[Symbol.dispose]()
  using _ = await beSoleServer(path)

  expect((await stat(path)).mode & 0o777).toBe(0o600)
})
