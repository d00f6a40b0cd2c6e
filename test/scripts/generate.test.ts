import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('what is generated is current', async () => {
  const script = join(import.meta.dirname, '../../scripts/generate.ts')

  const { stderr } = await promisify(execFile)(process.execPath, [script, '--check'])

  expect(stderr).toBe('')
})
