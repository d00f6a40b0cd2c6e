// All the files of an image, as one archive: packaging/container/Dockerfile adds it to nothing, and the image of a release has it too.

import { chmod, mkdir, mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { librariesOf } from './libraries.ts'
import { putFile, putText } from './put-file.ts'
import { runTool } from './run-tool.ts'
import { sha256Of } from './sha256.ts'
import { describeLibraries } from './system-packages.ts'
import { pack, packFor } from './tar.ts'

export type Layer = {
  /** A gzip of a tar. */
  readonly file: string
  /** SHA-256 of the tar, in hexadecimal. */
  readonly contents: string
}

export type LayerFiles = {
  /** `sallyport`: its archive is called so, and its state lies in a folder of that name. */
  readonly name: string
  /** Where it lies in the image, and where from. They are executable, and the libraries that they load are put beside. */
  readonly programs: ReadonlyMap<string, string>
  readonly files: ReadonlyMap<string, string>
}

/** Who the program is in a container. */
export const userOfImage = 10001

/** Writes `NAME.tar.gz` into the folder. */
export async function buildLayer({ name, programs, files }: LayerFiles, folder: string): Promise<Layer> {
  await using work = await mkdtempDisposable(join(tmpdir(), 'sallyport-layer-'))
  const [tree, state] = [join(work.path, 'tree'), `var/lib/${name}`]
  for (const [to, from] of programs) await putFile(from, join(tree, to), 0o755)
  for (const [to, from] of files) await putFile(from, join(tree, to), 0o644)
  const libraries = await librariesOf([...programs.values()])
  for (const library of libraries) await putFile(library, join(tree, library), 0o755)
  await describeLibraries(libraries, tree)
  await putText(`sallyport:x:${userOfImage}:${userOfImage}::/:/nonexistent\n`, join(tree, 'etc/passwd'), 0o644)
  await putText(`sallyport:x:${userOfImage}:\n`, join(tree, 'etc/group'), 0o644)
  await mkdir(join(tree, 'tmp'))
  await chmod(join(tree, 'tmp'), 0o1777)
  // A volume that is mounted there takes mode and owner from it.
  await mkdir(join(work.path, state), { recursive: true, mode: 0o700 })
  await mkdir(join(tree, 'var/lib'), { recursive: true })

  await mkdir(folder, { recursive: true })
  const tar = join(folder, `${name}.tar`)
  await pack(tar, tree, ['.'])
  await packFor(userOfImage, tar, work.path, [state])
  const contents = await sha256Of(tar)
  await runTool('gzip', ['-n', '-6', '--force', tar])
  return { file: `${tar}.gz`, contents }
}
