// The addon by which the agent tells systemd how it is: compiled by the C compiler of this machine against the headers of the
// repository's own Node. Node-API keeps it good for later versions of Node too.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const root = join(import.meta.dirname, '../..')
const source = join(root, 'agent/systemd/sd-notify.c')
const headers = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'include/node')
const flags = ['-std=c11', '-O2', '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-fPIC', '-shared', '-s']

export const addonName = 'sd-notify.node'

/**
 * Writes `sd-notify.node` into the folder and gives undefined; where this machine cannot compile, gives why and what is missing then.
 * Throws where the compiler refuses the source.
 */
export async function buildAddon(folder: string, command = process.env.CC ?? 'cc'): Promise<string | undefined> {
  const lacks = (what: string) =>
    `${addonName} is not built: ${what}. The agent runs without, but does not tell systemd that it is ready and alive, so that no package for systemd can be made`
  if (process.platform !== 'linux') return lacks('systemd is a matter of Linux')
  if (!existsSync(join(headers, 'node_api.h'))) return lacks(`the headers of Node are not in ${headers}`)
  const compiler = spawn(command, [...flags, '-I', headers, source, '-o', join(folder, addonName)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const over = Promise.all([text(compiler.stderr), once(compiler, 'close')])
  const [complaints, [code]] = await over.catch((error: unknown) => [String(error), [undefined]] as const)
  if (code === undefined) return lacks(`there is no C compiler "${command}" (Debian package gcc, or set CC)`)
  if (code !== 0) throw new Error(`compile ${source}: ${command} ended with ${code}:\n${complaints}`)
  return undefined
}
