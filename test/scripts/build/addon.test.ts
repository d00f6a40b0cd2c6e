import { existsSync } from 'node:fs'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { addonName, buildAddon } from '../../../scripts/build/addon.ts'

test('where there is no compiler the build goes on, and says what is missing then', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-addon-'))

  const why = await buildAddon(folder.path, 'no-such-compiler')

  expect(why).toMatch(
    /^sd-notify\.node is not built: there is no C compiler "no-such-compiler".*no package for systemd/,
  )
  expect(existsSync(join(folder.path, addonName))).toBe(false)
})

test('a compiler that refuses the source ends the build', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-addon-'))

  await expect(buildAddon(folder.path, 'false')).rejects.toThrow(/false ended with 1/)
})
