// `npm run bench`: direct calls, a bare relay and Sallyport's bundles on the same work in turns, and the figures as one table.
//   npm run bench                                       about five minutes
//   npm run bench -- --only group,relay,library --in-flight 10 --upstream 0 --rounds 9
//   npm run bench -- --json figures.json --write        and docs/bench.md

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readOptions, UsageError } from './bench/options.ts'
import { benchPage } from './bench/page.ts'
import { runBench } from './bench/run.ts'
import { figuresTable, guardTable, processesTable, serviceTable, targetsTable } from './bench/tables.ts'

const root = join(import.meta.dirname, '..')

async function bench(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  const say = (line: string) => void process.stderr.write(`bench: ${line}\n`)
  const results = await runBench(options, join(root, 'dist'), { now: () => new Date(), say })
  const tables = [
    figuresTable(results),
    processesTable(results),
    serviceTable(results),
    guardTable(results),
    targetsTable(results),
  ]
  process.stdout.write(`${tables.join('\n\n')}\n`)
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results, null, 2)}\n`)
  if (options.write) await writeFile(join(root, 'docs/bench.md'), benchPage(results))
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
try {
  await bench()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`bench: ${error.message}\n`)
  process.exitCode = 2
}
