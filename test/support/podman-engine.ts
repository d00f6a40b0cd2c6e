// Podman with runc, its images in a folder that goes with it; `docker` is podman there. Needs root, and the Debian packages podman, runc,
// netavark, aardvark-dns, iptables and catatonit (for pods).

import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type ContainerEngine, speakTo } from './container-engine.ts'

/** A build machine may not raise limits, and its cgroups are of both versions, which crun refuses. Other engines keep what they have:
 * one that ends takes its own networks, locks and sockets with it. What waits for commands in a container does not wait for minutes. */
const settings = (folder: string) => `[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
tmp_dir = "${join(folder, 'tmp')}"
lock_type = "file"
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
exit_command_delay = 1
[network]
network_backend = "netavark"
network_config_dir = "${join(folder, 'networks')}"
`

export async function startPodmanEngine(): Promise<ContainerEngine> {
  await using parts = new AsyncDisposableStack()
  const { path: folder } = parts.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-podman-')))
  const engine = speakTo(await equip(folder), basename(folder).toLowerCase())
  parts.defer(async () => {
    // Who answers for names in its networks goes with the last pod.
    await engine.attempt('pod', 'rm', '--all', '--force')
    await engine.attempt('rm', '--all', '--force', '--volumes')
    // Layers are mounted in it.
    await engine.attempt('system', 'reset', '--force')
  })
  const all = parts.move()
  return { ...engine, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** The environment that leads its programs to settings of its own. */
async function equip(folder: string): Promise<NodeJS.ProcessEnv> {
  const at = (name: string) => join(folder, name)
  const storage = ['driver = "overlay"', `graphroot = "${at('images')}"`, `runroot = "${at('run')}"`]
  await Promise.all(['home', 'networks', 'tmp', 'bin'].map((name) => mkdir(at(name))))
  await writeFile(at('containers.conf'), settings(folder))
  await writeFile(at('registries.conf'), 'unqualified-search-registries = ["localhost"]\n')
  await writeFile(at('storage.conf'), ['[storage]', ...storage, ''].join('\n'))
  await writeFile(at('bin/docker'), '#!/bin/sh\nexec podman "$@"\n', { mode: 0o755 })
  return {
    PATH: `${at('bin')}:${process.env.PATH}`,
    HOME: at('home'),
    CONTAINERS_CONF: at('containers.conf'),
    CONTAINERS_REGISTRIES_CONF: at('registries.conf'),
    CONTAINERS_STORAGE_CONF: at('storage.conf'),
  }
}
