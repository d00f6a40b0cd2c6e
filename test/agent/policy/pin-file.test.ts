import { mkdtempDisposable, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openPinFile } from '../../../agent/policy/pin-file.ts'
import { type Files, systemFiles } from '../../../agent/ports/files.ts'

const pins = { version: 1, connections: { main: { groups: { Sales: '6026da081f24755306c2ee0d' } } } } as const

test('keeps what was pinned, for its owner alone', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-pins-'))
  const file = openPinFile(directory.path, systemFiles)

  const before = await file.read()
  await file.write(pins)

  expect(before).toEqual({ version: 1, connections: {} })
  expect(await file.read()).toEqual(pins)
  expect((await stat(file.path)).mode & 0o777).toBe(0o600)
})

test.each(['{', '[]', '{"version":2,"connections":{}}', '{"version":1,"connections":{"main":{"groups":{"a":"b"}}}}'])(
  'refuses a file that says %s, rather than pin anew',
  async (text) => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-pins-'))
    const file = openPinFile(directory.path, systemFiles)
    await writeFile(file.path, text)

    await expect(file.read()).rejects.toMatchObject({ code: 'policy_invalid' })
  },
)

test('does not have the pins moved away by somebody who only may not read them', async () => {
  const closed: Files = { read: () => Promise.reject(Object.assign(new Error('closed'), { code: 'EACCES' })) }

  const reading = openPinFile('/state', closed).read()

  await expect(reading).rejects.toThrow('EACCES. Run it as the user of the agent, or as root')
})
