// The files of a Debian, made from the package sources of this machine. Needs root and mmdebstrap.

import { runCommand } from './finish-command.ts'
import { packageMirror } from './package-mirror.ts'

export type DebianRelease = 'bookworm' | 'trixie'

/** With what is essential and these packages, and no page to read; a quarter or half of a minute. */
export async function makeDebianTree(
  folder: string,
  release: DebianRelease,
  packages: readonly string[],
): Promise<void> {
  const left = ['doc', 'man', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`)
  const options = [
    '--quiet',
    '--variant=essential',
    `--include=${packages}`,
    '--aptopt=Acquire::Languages "none"',
    ...left,
  ]
  await runCommand('mmdebstrap', [...options, release, folder, await packageMirror()])
}
