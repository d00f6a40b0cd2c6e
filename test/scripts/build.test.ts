import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtempDisposable, readFile, rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Plugin } from 'esbuild'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { build } from '../../scripts/build/build.ts'
import { bundle } from '../../scripts/build/bundle.ts'
import { runOnce } from '../../scripts/build/run-once.ts'
import { slimUndici } from '../../scripts/build/slim.ts'

const sbom = z.object({
  components: z.array(
    z.object({
      ...{ type: z.string(), name: z.string(), version: z.string(), purl: z.string().optional() },
      licenses: z.array(z.unknown()).min(1),
      hashes: z.array(z.object({ alg: z.string(), content: z.string() })).min(1),
    }),
  ),
})

test('makes programs that live through a run wherever they are put, and lists what is in them', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-build-test-'))

  const { agent } = await build(join(folder.path, 'dist'))

  await rename(dirname(agent), join(folder.path, 'elsewhere'))
  expect(existsSync(join(folder.path, 'elsewhere', 'cache'))).toBe(true)
  expect(await runOnce(join(folder.path, 'elsewhere', 'sallyport.cjs'), ['--version'])).toMatch(/^\d+\.\d+\.\d+\n$/)
  const { components } = sbom.parse(JSON.parse(await readFile(join(folder.path, 'dist', 'sbom.cdx.json'), 'utf8')))
  const libraries = components.filter(({ type }) => type === 'library').map(({ name }) => name)
  const again = [
    await bundleAgain({ name: 'sallyport', entry: 'agent/main.ts', plugins: [slimUndici] }, folder.path),
    await bundleAgain({ name: 'sallyport-control', entry: 'control-plane/main.ts', plugins: [] }, folder.path),
  ]
  expect(libraries).toEqual([...new Set(again.flatMap(({ packages }) => packages))].sort())
  // The same sources give the same bytes, so that who builds them can compare.
  const hashes = components.filter(({ type }) => type === 'application').map(({ hashes }) => hashes[0]?.content)
  expect(hashes).toEqual(again.map(({ hash }) => hash))
})

test('no package in the programs runs a script when it is installed', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-build-test-'))
  const lockfile = z.object({ packages: z.record(z.string(), z.object({ hasInstallScript: z.boolean().optional() })) })
  const { packages } = lockfile.parse(JSON.parse(await readFile('package-lock.json', 'utf8')))

  const bundled = [
    await bundleAgain({ name: 'sallyport', entry: 'agent/main.ts', plugins: [slimUndici] }, folder.path),
    await bundleAgain({ name: 'sallyport-control', entry: 'control-plane/main.ts', plugins: [] }, folder.path),
  ].flatMap((one) => one.packages)

  const scripted = Object.keys(packages).filter((path) => packages[path]?.hasInstallScript)
  // The control: the bundler itself has one.
  expect(scripted).toContain('node_modules/esbuild')
  expect(bundled.filter((name) => scripted.some((path) => path.endsWith(`node_modules/${name}`)))).toEqual([])
})

type Again = { readonly name: string; readonly entry: string; readonly plugins: readonly Plugin[] }

/** What esbuild itself says that it put into the bundle, and the hash of that. */
async function bundleAgain({ plugins, ...program }: Again, folder: string) {
  const files: string[] = []
  const listing: Plugin = {
    name: 'listing',
    setup(build) {
      build.initialOptions.metafile = true
      build.onEnd(({ metafile }) => {
        for (const { inputs } of Object.values(metafile?.outputs ?? {})) files.push(...Object.keys(inputs))
      })
    },
  }
  const path = await bundle({ ...program, plugins: [...plugins, listing] }, join(folder, 'again'))
  const bytes = await readFile(join(dirname(path), 'program.cjs'))
  const packages = files.flatMap(
    (file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(file)?.[1] ?? [],
  )
  return { packages, hash: createHash('sha256').update(bytes).digest('hex') }
}
