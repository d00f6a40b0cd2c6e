// A checkout of the repository as it is now, with what the container part of the README puts beside the compose files, and the
// commands that it prints, word for word.

import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { blocksIn, linesOf } from './documented-commands.ts'
import { root } from './source/source-files.ts'

export type ReadmeCheckout = {
  readonly folder: string
  /** Where the compose files are. */
  readonly containers: string
  /** The one command of the container part that holds this text. Throws where there is none, or more than one. */
  command(part: string): string
  /** Files of `etc/`; the configuration is the one of the README, with these places of it replaced. */
  configure(changes: ReadonlyMap<string, string>, allowed: readonly string[]): Promise<void>
}

export async function checkOutReadme(folder: string): Promise<ReadmeCheckout> {
  const built = /^(dist|coverage|\.git)$/
  await cp(root, folder, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !built.test(path.slice(root.length + 1)),
  })
  const page = await readFile(join(folder, 'README.md'), 'utf8')
  const commands = blocksIn(page, '')
    .filter((block) => block.includes('docker build'))
    .flatMap(linesOf)
  const [yaml = ''] = blocksIn(page, 'yaml')
  // The text of the container part says so.
  const credential = /`(credential: \{[^`]*)`/.exec(page)?.[1] ?? ''
  const shown = yaml.replace(/credential: \{.*?\}/, credential)
  const containers = join(folder, 'packaging/container')
  return {
    folder,
    containers,
    command: (part) => only(commands, part),
    configure: async (changes, allowed) => {
      const etc = join(containers, 'etc')
      await mkdir(etc, { recursive: true })
      await writeFile(join(etc, 'config.yaml'), replaced(shown, changes))
      const policy = `version: 1\nconnections:\n  main:\n    allow: [${allowed.join(', ')}]\n`
      await writeFile(join(etc, 'policy.yaml'), policy)
    },
  }
}

function only(commands: readonly string[], part: string): string {
  const [command, ...others] = commands.filter((one) => one.includes(part))
  if (command !== undefined && others.length === 0) return command
  throw new Error(`the README shows ${command === undefined ? 'no command' : 'several commands'} with "${part}"`)
}

/** Throws where one of them is not in the text. */
export function replaced(text: string, changes: ReadonlyMap<string, string>): string {
  return [...changes].reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`there is no "${from}" to be replaced`)
    return before.replace(from, to)
  }, text)
}
