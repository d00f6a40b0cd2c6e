import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { version } from '../../agent/version.ts'

test('is the version of the package', () => {
  const text = readFileSync(join(import.meta.dirname, '../../agent/package.json'), 'utf8')

  expect(JSON.parse(text).version).toBe(version)
})
