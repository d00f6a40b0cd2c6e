// The packages that others import, compiled with their declarations: Node strips no types from what lies in node_modules.

import { mkdir, mkdtempDisposable, readFile, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { putFile } from './put-file.ts'
import { runTool } from './run-tool.ts'

const root = join(import.meta.dirname, '../..')
const names = ['protocol', 'control-plane'] as const

const manifest = z.looseObject({
  exports: z.record(z.string(), z.string()),
  bin: z.record(z.string(), z.string()).optional(),
})

/** Writes `sallyport-protocol-VERSION.tgz` and `sallyport-control-plane-VERSION.tgz`. */
export async function buildNpmPackages(folder: string): Promise<void> {
  await using work = await mkdtempDisposable(join(tmpdir(), 'sallyport-npm-'))
  await mkdir(folder, { recursive: true })
  await compile(work.path)
  for (const name of names) {
    const place = join(work.path, 'out', name)
    const text = await readFile(join(root, name, 'package.json'), 'utf8')
    await writeFile(join(place, 'package.json'), JSON.stringify(compiledManifest(text), null, 2))
    await putFile(join(root, 'LICENSE'), join(place, 'LICENSE'), 0o644)
    await runTool('npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder], place)
  }
}

async function compile(folder: string): Promise<void> {
  const settings = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      ...{ noEmit: false, declaration: true, rewriteRelativeImportExtensions: true },
      ...{ rootDir: root, outDir: join(folder, 'out'), typeRoots: [join(root, 'node_modules/@types')] },
    },
    include: names.map((name) => join(root, name)),
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  await runTool(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(folder, 'tsconfig.json')])
}

/** The same package, whose entries are the compiled files. */
function compiledManifest(text: string) {
  const { exports, bin = {}, ...rest } = manifest.parse(JSON.parse(text))
  const compiled = (path: string, extension: string) => path.replace(/\.ts$/, extension)
  const entries = Object.entries(exports).map(([name, path]) => {
    return [name, { types: compiled(path, '.d.ts'), default: compiled(path, '.js') }] as const
  })
  const programs = Object.entries(bin).map(([name, path]) => [name, compiled(path, '.js')] as const)
  return { ...rest, exports: Object.fromEntries(entries), bin: Object.fromEntries(programs) }
}
