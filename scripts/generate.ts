// Writes what can be derived from the schemas, the job files and the catalogue of doctor: lists, JOBS.md, JSON Schemas, a section
// of docs/operations.md. `--check` writes nothing and fails where a file is not current.

import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadContracts } from './generate/contracts.ts'
import { contractList, handlerList } from './generate/job-lists.ts'
import { jobsDocument } from './generate/jobs-document.ts'
import { jsonSchemas } from './generate/json-schemas.ts'
import { withTroubleshooting } from './generate/troubleshooting.ts'

const root = join(import.meta.dirname, '..')
const contracts = await loadContracts(root)

const outputs = new Map([
  ['protocol/jobs.generated.ts', contractList(contracts)],
  ['agent/jobs.generated.ts', handlerList(contracts)],
  ['protocol/JOBS.md', jobsDocument(contracts)],
  ['docs/operations.md', withTroubleshooting(current('docs/operations.md'))],
  ...jsonSchemas(contracts).map(([path, text]) => [`protocol/schema/${path}`, text] as const),
])

const stale = [...outputs].filter(([path, text]) => current(path) !== text)
const orphans = globSync('protocol/schema/*/*', { cwd: root }).filter((path) => !outputs.has(path))

const check = process.argv.includes('--check')
if (!check) write()
for (const [path] of stale) process.stderr.write(`generate: ${check ? 'not current' : 'wrote'} ${path}\n`)
for (const path of orphans) process.stderr.write(`generate: ${check ? 'belongs to nothing' : 'removed'} ${path}\n`)
if (check && stale.length + orphans.length > 0) process.exit(1)

function write(): void {
  for (const [path, text] of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  for (const path of orphans) rmSync(join(root, path))
}

function current(path: string): string | undefined {
  const file = join(root, path)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}
