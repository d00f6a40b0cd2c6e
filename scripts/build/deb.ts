// The Debian package. What its scripts do on a host is in packaging/deb.

import { chmod, mkdir, mkdtempDisposable, readFile, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { addonName } from './addon.ts'
import type { Packed } from './archive.ts'
import { nodeLicense } from './executable.ts'
import { putFile, putText } from './put-file.ts'
import { runTool } from './run-tool.ts'

const root = join(import.meta.dirname, '../..')
const packaging = join(root, 'packaging')

/** Writes `sallyport_VERSION_amd64.deb`; gives its path. Needs dpkg-deb. */
export async function buildDeb({ executable, sbom, version, folder }: Packed): Promise<string> {
  await using work = await mkdtempDisposable(join(tmpdir(), 'sallyport-deb-'))
  const tree = join(work.path, 'tree')
  const put = (from: string, to: string, mode = 0o644) => putFile(from, join(tree, to), mode)
  await put(executable, 'usr/lib/sallyport/sallyport', 0o755)
  await put(join(dirname(executable), addonName), `usr/lib/sallyport/${addonName}`)
  await mkdir(join(tree, 'usr/bin'))
  await symlink('../lib/sallyport/sallyport', join(tree, 'usr/bin/sallyport'))
  await put(join(packaging, 'systemd/sallyport.service'), 'lib/systemd/system/sallyport.service')
  await put(join(root, 'LICENSE'), 'usr/share/doc/sallyport/copyright')
  await put(nodeLicense, 'usr/share/doc/sallyport/LICENSE.node')
  await put(sbom, 'usr/share/doc/sallyport/sbom.cdx.json')
  await mkdir(join(tree, 'etc/sallyport/credentials'), { recursive: true })
  await chmod(join(tree, 'etc/sallyport/credentials'), 0o700)
  for (const script of ['preinst', 'postinst', 'prerm', 'postrm']) {
    await put(join(packaging, 'deb', script), `DEBIAN/${script}`, 0o755)
  }
  const { size } = await stat(executable)
  const control = await readFile(join(packaging, 'deb/control'), 'utf8')
  const filled = control.replace('@VERSION@', version).replace('@SIZE@', String(Math.ceil(size / 1024)))
  await putText(filled, join(tree, 'DEBIAN/control'), 0o644)
  await mkdir(folder, { recursive: true })
  const deb = join(folder, `sallyport_${version}_amd64.deb`)
  await runTool('dpkg-deb', ['--root-owner-group', '-Zzstd', '-z9', '--build', tree, deb])
  return deb
}
