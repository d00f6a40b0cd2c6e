// A folder with all that `sallyport` needs of a host, and its commands as processes.

import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from './program.ts'

const file = 'agent/main.ts'

/** A host with a configuration for this plane; everything of it lies in one folder. */
export async function openHost(planeUrl = 'http://127.0.0.1:9') {
  const directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-cli-'))
  const at = (name: string) => join(directory.path, name)
  await writeFile(at('key'), 'jca_0123456789abcdefghijklmnopqrstuv', { mode: 0o600 })
  const configuration = (more = '') =>
    `plane: { url: ${planeUrl} }\nconnections:\n  main: { region: us, credential: { file: ${at('key')} } }\n${more}`
  await writeFile(at('config.yaml'), configuration())
  const flags = ['--config', at('config.yaml'), '--state', directory.path]
  return {
    at,
    flags,
    state: directory.path,
    configure: (more: string) => writeFile(at('config.yaml'), configuration(more)),
    run: (...args: readonly string[]) => runProgram(file, { args: [...args, ...flags] }),
    [Symbol.asyncDispose]: () => directory.remove(),
  }
}
