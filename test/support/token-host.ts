// A folder with a configuration of one connection, `main`, and the `token` commands on it within this process.

import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../agent/cli/run.ts'
import { commandHost } from './command-host.ts'

export async function openTokenHost(main: object) {
  const directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-token-'))
  const at = (name: string) => join(directory.path, name)
  const configure = (connection: object) =>
    writeFile(
      at('config.yaml'),
      JSON.stringify({ plane: { url: 'https://plane.example.com' }, connections: { main: connection } }),
    )
  await configure(main)
  const sallyport = async (words: readonly string[], input = '', environment = {}) => {
    const said: string[] = []
    const say = (line: string) => void said.push(line)
    const flags = ['--config', at('config.yaml'), '--state', directory.path]
    const host = commandHost({ environment, print: say, complain: say, readInput: async () => input })
    const code = await run(['node', 'sallyport', 'token', ...words, ...flags], host)
    return { code, text: said.join('\n') }
  }
  return { at, configure, sallyport, [Symbol.asyncDispose]: () => directory.remove() }
}
