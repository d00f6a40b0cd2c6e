import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { version } from '../../control-plane/version.ts'

test.each(['control-plane/package.json', 'package.json'])('is the version in %s', (path) => {
  const text = readFileSync(join(import.meta.dirname, '../..', path), 'utf8')

  expect(JSON.parse(text).version).toBe(version)
})
