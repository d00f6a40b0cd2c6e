import { existsSync } from 'node:fs'
import { mkdtempDisposable, rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { build } from '../../scripts/build/build.ts'
import { runOnce } from '../../scripts/build/run-once.ts'

test('makes programs of two files each that have lived through a run, and run wherever they are put', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-build-test-'))

  const { agent } = await build(join(folder.path, 'dist'))

  await rename(dirname(agent), join(folder.path, 'elsewhere'))
  expect(existsSync(join(folder.path, 'elsewhere', 'cache'))).toBe(true)
  expect(await runOnce(join(folder.path, 'elsewhere', 'sallyport.cjs'), ['--version'])).toMatch(/^\d+\.\d+\.\d+\n$/)
})
