// `npm run build`: everything, in dist/, and what is in it (sbom.cdx.json). What this machine cannot build is said, with the reason.
//   dist/sallyport/  dist/sallyport-control/   both programs as `NAME.cjs start …`, with the code cache of this Node beside them
//   dist/sallyport-linux-x64/sallyport start …   the agent without a Node on the host
//   dist/container/   dist/release/             what packaging/container/Dockerfile takes; what is given to others, with SHA256SUMS

import { readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { build } from './build/build.ts'
import { buildRelease } from './build/release.ts'

const root = join(import.meta.dirname, '..')
const { out } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist') } } }).values
const say = (line: string) => void process.stdout.write(`${line}\n`)
const sizeOf = async (path: string) =>
  `${relative(process.cwd(), path)}, ${Math.round((await stat(path)).size / 1024)} KiB`

const { missing, ...programs } = await build(out)
for (const program of Object.values(programs)) say(`built ${await sizeOf(join(program, '../program.cjs'))}`)
say(`listed what is in them in ${relative(process.cwd(), join(out, 'sbom.cdx.json'))}`)
for (const why of missing) say(why)
if (missing.length === 0) {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))
  const signingKeyFile = process.env.SALLYPORT_SIGNING_KEY_FILE
  const release = await buildRelease({ programs, out, version, signingKeyFile })
  for (const file of release.files) say(`built ${await sizeOf(join(out, 'release', file))}`)
  if (!release.isSigned) say('SHA256SUMS is not signed: no key is named by SALLYPORT_SIGNING_KEY_FILE (Ed25519, PEM)')
}
