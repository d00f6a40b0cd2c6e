// The archive for hosts without Debian's packages: the executable, the unit, and install.sh, which needs no network.

import { mkdir, mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { addonName } from './addon.ts'
import { nodeLicense } from './executable.ts'
import { putFile } from './put-file.ts'
import { pack } from './tar.ts'

export type Packed = {
  /** The addon lies beside it. */
  readonly executable: string
  readonly sbom: string
  readonly version: string
  /** Where the package goes. */
  readonly folder: string
}

const root = join(import.meta.dirname, '../..')

/** Writes `sallyport-VERSION-linux-x64.tar.gz`, with one folder in it; gives its path. */
export async function buildArchive({ executable, sbom, version, folder }: Packed): Promise<string> {
  await using work = await mkdtempDisposable(join(tmpdir(), 'sallyport-archive-'))
  const name = `sallyport-${version}-linux-x64`
  const put = (from: string, to: string, mode = 0o644) => putFile(from, join(work.path, name, to), mode)
  await put(executable, 'sallyport', 0o755)
  await put(join(dirname(executable), addonName), addonName)
  await put(join(root, 'packaging/install.sh'), 'install.sh', 0o755)
  await put(join(root, 'packaging/systemd/sallyport.service'), 'sallyport.service')
  await put(join(root, 'LICENSE'), 'LICENSE')
  await put(nodeLicense, 'LICENSE.node')
  await put(sbom, 'sbom.cdx.json')
  await mkdir(folder, { recursive: true })
  const archive = join(folder, `${name}.tar.gz`)
  await pack(archive, work.path, [name], ['--use-compress-program=gzip -n -6'])
  return archive
}
