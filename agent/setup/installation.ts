// What the Debian package or install.sh put on this host, and taking it away again. The agent is told goodbye elsewhere.

import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ended, RunHostCommand } from './host-command.ts'

export type Installation = {
  /** Who installed it; undefined for nobody, as where the program runs from a checkout or in a container. */
  readonly by: 'package' | 'script' | undefined
  /** The service stops, and does not start with the host any more. */
  stop(): Promise<Ended>
  /** `data`: configuration, credentials, state and ledger too. `left`: what could not be, such as the root of a file system. */
  remove(what: 'program' | 'program and data'): Promise<Ended & { readonly left: readonly string[] }>
}

export type InstallationHost = {
  /** Before every path; for trying it out. */
  readonly root: string
  readonly run: RunHostCommand
}

const script = ['usr/local/bin/sallyport', 'usr/local/lib/sallyport', 'etc/systemd/system/sallyport.service']
/** systemd keeps the state of a service without a user of its own under `private`, and a link where it is looked for. */
const data = [
  ...['etc/sallyport', 'etc/systemd/system/sallyport.service.d', 'run/sallyport'],
  ...['var/lib/sallyport', 'var/lib/private/sallyport'],
]

export function findInstallation({ root, run }: InstallationHost): Installation {
  const isThere = (path: string) => existsSync(join(root, path))
  const removeAll = async (paths: readonly string[]) => {
    for (const path of paths) await rm(join(root, path), { recursive: true, force: true }).catch(() => {})
    return paths.filter(isThere).map((path) => join(root, path))
  }
  const by = findBy(isThere)
  return {
    by,
    stop: async () => {
      if (!isThere('run/systemd/system')) return { ok: true, said: '' }
      return await run('systemctl', 'disable', '--quiet', '--now', 'sallyport.service')
    },
    remove: async (what) => {
      const isAll = what === 'program and data'
      if (by === 'package') {
        const { ok, said } = await run('dpkg', isAll ? '--purge' : '--remove', 'sallyport')
        if (!ok) return { ok, said, left: [] }
      }
      const left = await removeAll([...(by === 'script' ? script : []), ...(isAll ? data : [])])
      if (by === 'script' && isThere('run/systemd/system')) await run('systemctl', 'daemon-reload')
      return { ok: true, said: '', left }
    },
  }
}

function findBy(isThere: (path: string) => boolean): Installation['by'] {
  if (isThere('var/lib/dpkg/info/sallyport.list') && isThere('usr/lib/sallyport')) return 'package'
  return isThere('usr/local/lib/sallyport') ? 'script' : undefined
}
