// What scanners of images read to say which Debian packages the libraries in one are of, and so what is known to be wrong with them; at
// the places where images without a package manager have it. And the terms on which the libraries are given on.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { putFile, putText } from './put-file.ts'
import { runTool } from './run-tool.ts'

/** By which scanners know the release, each by another: some see no Debian where only the first is. */
const releaseFiles = ['etc/os-release', 'etc/debian_version', 'etc/lsb-release']

/** Writes it into the tree of the image. Nothing where dpkg knows none of them, as on a machine that is no Debian. */
export async function describeLibraries(libraries: readonly string[], tree: string): Promise<void> {
  const owners = await Promise.all(libraries.map(ownerOf))
  const packages = [...new Set(owners.filter((owner) => owner !== undefined))].sort()
  for (const name of packages) {
    const [plain = name] = name.split(':')
    const status = await runTool('dpkg-query', ['--status', name])
    await putText(status, join(tree, 'var/lib/dpkg/status.d', plain), 0o644)
    const terms = `usr/share/doc/${plain}/copyright`
    await putFile(`/${terms}`, join(tree, terms), 0o644)
  }
  if (packages.length === 0) return
  for (const file of releaseFiles.filter((name) => existsSync(`/${name}`))) {
    await putFile(`/${file}`, join(tree, file), 0o644)
  }
}

/** Since Debian 13 dpkg knows a library by its place below `/usr` alone. */
async function ownerOf(library: string): Promise<string | undefined> {
  const asked = [library, `/usr${library}`].map((path) => runTool('dpkg-query', ['--search', path]))
  const told = await Promise.any(asked).catch(() => '')
  return /^([a-z0-9][a-z0-9+.-]*(?::[a-z0-9]+)?): /m.exec(told)?.[1]
}
