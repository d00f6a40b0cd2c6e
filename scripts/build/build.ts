// Which programs are built, that they work when they are, and the list of what is in them.

import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { buildAddon } from './addon.ts'
import { bundle } from './bundle.ts'
import { listInputs } from './bundled-inputs.ts'
import { type BuiltProgram, createSbom, lockfile } from './sbom.ts'
import { slimUndici } from './slim.ts'
import { type Programs, warm } from './warm.ts'

const root = join(import.meta.dirname, '../..')

export type Built = Programs & {
  /** What could not be built on this machine, why, and what is missing then. */
  readonly missing: readonly string[]
}

/** Builds both programs into the folder and lets them run once; gives their paths. `sbom.cdx.json` lies beside them. */
export async function build(out: string): Promise<Built> {
  const listed = { agent: listInputs(), plane: listInputs() }
  const [agent, plane] = await Promise.all([
    bundle({ name: 'sallyport', entry: 'agent/main.ts', plugins: [slimUndici, listed.agent.plugin] }, out),
    bundle({ name: 'sallyport-control', entry: 'control-plane/main.ts', plugins: [listed.plane.plugin] }, out),
  ])
  const built = [
    await read('sallyport', agent, listed.agent.inputs),
    await read('sallyport-control', plane, listed.plane.inputs),
  ]
  const lock = lockfile.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')))
  await writeFile(join(out, 'sbom.cdx.json'), `${JSON.stringify(createSbom(built, lock), null, 2)}\n`)
  const missing = await buildAddon(dirname(agent))
  await warm({ agent, plane })
  return { agent, plane, missing: missing === undefined ? [] : [missing] }
}

async function read(name: string, program: string, inputs: BuiltProgram['inputs']): Promise<BuiltProgram> {
  return { name, bytes: await readFile(join(dirname(program), 'program.cjs')), inputs }
}
