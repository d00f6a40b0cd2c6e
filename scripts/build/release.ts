// What is given to customers: the executable as a Debian package, as an archive and as an image, the npm packages, and the list of
// their hashes with its signature. What each is made of stands in its own file.

import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { buildArchive } from './archive.ts'
import { buildContainer } from './container.ts'
import { buildDeb } from './deb.ts'
import { buildExecutable } from './executable.ts'
import { buildNpmPackages } from './npm-packages.ts'
import { putFile } from './put-file.ts'
import { sign } from './sign.ts'
import type { Programs } from './warm.ts'

export type Release = {
  /** Everything that was made, without a folder; `SHA256SUMS` among it. */
  readonly files: readonly string[]
  readonly isSigned: boolean
}

export type ReleaseOptions = {
  /** The bundles, as `build` gives them. */
  readonly programs: Programs
  /** Where `sbom.cdx.json` lies already. */
  readonly out: string
  readonly version: string
  /** A file with an Ed25519 key (PKCS #8, PEM). */
  readonly signingKeyFile: string | undefined
}

/** Writes all of it into `out/release`. Throws where a tool of it is missing on this machine. */
export async function buildRelease({ programs, out, version, signingKeyFile }: ReleaseOptions): Promise<Release> {
  // Folders, and what is compiled, have the modes that it leaves, and everybody is to read them.
  process.umask(0o022)
  const executable = await buildExecutable(programs.agent, out)
  const [folder, layers] = [join(out, 'release'), join(out, 'container')]
  // What an older build left would be taken for this one's where this one fails.
  for (const one of [folder, layers]) await rm(one, { recursive: true, force: true })
  const from = { executable, sbom: join(out, 'sbom.cdx.json'), version, folder }
  await buildArchive(from)
  await buildDeb(from)
  await buildContainer({ ...from, plane: programs.plane, layers })
  await buildNpmPackages(folder)
  await putFile(from.sbom, join(folder, 'sbom.cdx.json'), 0o644)
  const isSigned = await sign(folder, signingKeyFile)
  return { files: (await readdir(folder)).sort(), isSigned }
}
