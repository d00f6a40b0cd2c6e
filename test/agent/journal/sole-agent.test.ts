import { mkdir, mkdtempDisposable, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { beSoleAgent } from '../../../agent/journal/sole-agent.ts'

const folder = () => mkdtempDisposable(join(tmpdir(), 'sallyport-sole-'))

test('a second one is refused while the first holds the directory, and not after', async () => {
  await using directory = await folder()
  const first = await beSoleAgent(directory.path)

  await expect(beSoleAgent(directory.path)).rejects.toMatchObject({
    code: 'configuration_invalid',
    message: expect.stringMatching(/another agent runs on this state directory.*--state/),
  })
  first[Symbol.dispose]()
  using _ = await beSoleAgent(directory.path)

  expect((await stat(join(directory.path, 'agent.lock'))).mode & 0o777).toBe(0o600)
})

test('a file that nobody holds is no lock, whatever is beside it', async () => {
  await using directory = await folder()
  await writeFile(join(directory.path, 'agent.lock'), '', { mode: 0o600 })
  await writeFile(join(directory.path, 'journal.db'), '', { mode: 0o400 })

  using _ = await beSoleAgent(directory.path)
})

test('says what must be so where the file cannot be made or used', async () => {
  await using directory = await folder()
  await mkdir(join(directory.path, 'agent.lock'))

  const wrong = { code: 'identity_invalid', message: expect.stringContaining('belong to the user') }
  await expect(beSoleAgent(directory.path)).rejects.toMatchObject(wrong)
  await expect(beSoleAgent(join(directory.path, 'nowhere'))).rejects.toMatchObject(wrong)
})
