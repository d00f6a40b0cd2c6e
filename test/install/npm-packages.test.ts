// The npm packages where nothing of this repository is: installed from their files into an empty folder, imported, and compiled against.

import { cp, mkdtempDisposable, readdir, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildNpmPackages } from '../../scripts/build/npm-packages.ts'
import { runTool } from '../../scripts/build/run-tool.ts'

const modules = join(import.meta.dirname, '../../node_modules')
const patienceMs = 120_000
const stage: { folder?: Awaited<ReturnType<typeof mkdtempDisposable>> } = {}
const at = (...names: readonly string[]) => {
  if (stage.folder === undefined) throw new Error('it is there while tests run, not before')
  return join(stage.folder.path, ...names)
}

beforeAll(async () => {
  stage.folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-npm-test-'))
  await buildNpmPackages(at('packed'))
  await writeFile(at('package.json'), '{ "name": "somebody", "type": "module", "private": true }')
  const packed = (await readdir(at('packed'))).map((name) => at('packed', name))
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
  await runTool('npm', ['install', ...flags, ...packed], at())
}, patienceMs)

afterAll(async () => await stage.folder?.remove())

const consumer = `
import { createServer } from 'node:http'
import { errorCodes, jobs } from '@sallyport/protocol'
import { createClient } from '@sallyport/control-plane/client'
import { createControlPlane } from '@sallyport/control-plane'

const server = createServer()
const names: readonly string[] = Object.keys(jobs)
const client = createClient({ url: 'http://127.0.0.1:9', token: 't' })
process.stdout.write([typeof createControlPlane, typeof client.agent, names.includes('groups.list'), 'run_expired' in errorCodes, server.listening].join())
`

test('they are imported by plain Node, as the library that they are', async () => {
  await writeFile(at('consumer.mjs'), consumer.replace(': readonly string[]', ''))

  const said = await runTool(process.execPath, [at('consumer.mjs')], at())

  expect(said).toBe('function,function,true,true,false')
})

test('their declarations are whole: a strict compiler takes them and what is imported from them', async () => {
  const options = {
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, verbatimModuleSyntax: true },
    ...{ module: 'nodenext', target: 'es2024', noEmit: true, types: ['node'] },
  }
  await writeFile(at('consumer.ts'), consumer)
  await writeFile(
    at('wrong.ts'),
    "import { createClient } from '@sallyport/control-plane/client'\ncreateClient({ url: 9 })\n",
  )
  await writeFile(at('tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['consumer.ts'] }))
  await cp(join(modules, '@types/node'), at('node_modules/@types/node'), { recursive: true })
  await symlink(join(modules, 'undici-types'), at('node_modules/undici-types')).catch(() => {})
  const compile = (...words: readonly string[]) =>
    runTool(process.execPath, [join(modules, 'typescript/bin/tsc'), ...words], at())

  await compile('-p', '.')
  await writeFile(at('tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['wrong.ts'] }))
  await expect(compile('-p', '.')).rejects.toThrow(/error TS/)
})

test('nothing but what is compiled is in them: no source, no test', async () => {
  for (const name of ['protocol', 'control-plane']) {
    const files = await readdir(at('node_modules/@sallyport', name), { recursive: true })
    const sources = files.filter(
      (file) => file.endsWith('.ts') && !file.endsWith('.d.ts') && !file.startsWith('node_modules'),
    )
    expect(files).toContain('package.json')
    expect(sources).toEqual([])
  }
})
