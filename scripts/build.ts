// `npm run build`: agent and control plane as one file each in dist/, with the code cache of this Node beside them.
//   dist/sallyport/sallyport.cjs start …
//   dist/sallyport-control/sallyport-control.cjs start …
//   dist/sbom.cdx.json

import { stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from './build/build.ts'

const root = join(import.meta.dirname, '..')
const { out } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist') } } }).values

const { agent, plane, missing } = await build(out)
for (const program of [agent, plane]) {
  const { size } = await stat(join(program, '../program.cjs'))
  process.stdout.write(`built ${relative(process.cwd(), program)}, ${Math.round(size / 1024)} KiB\n`)
}
for (const why of missing) process.stdout.write(`${why}\n`)
process.stdout.write(`listed what is in them in ${relative(process.cwd(), join(out, 'sbom.cdx.json'))}\n`)
