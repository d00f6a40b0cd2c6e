// Docker, as Debian 13 has it: its files are made from the package sources of this machine, and it runs with them as its root, in mounts
// and a network of its own. Its command line and compose run on this machine as they are. Needs root, mmdebstrap and Debian 12 or newer.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdir, mkdtempDisposable, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type ContainerEngine, speakTo } from './container-engine.ts'
import { makeDebianTree } from './debian-tree.ts'
import { until } from './until.ts'

const packages = ['docker.io', 'docker-cli', 'docker-compose', 'docker-buildx', 'iptables']

/** The folder of the test, which paths in commands lead to, is there as on this machine. */
const start = `
set -e
tree=$1; shared=$2; shift 2
mount --bind "$tree" "$tree"
mkdir -p "$tree$shared" "$tree/before"
for folder in /proc /sys /dev "$shared"; do mount --rbind "$folder" "$tree$folder"; done
cd "$tree"
# A root by chroot would be none for what is started in a container that runs.
pivot_root . before
exec chroot . sh -c 'umount -l /before; exec dockerd "$@"' dockerd "$@"
`

export async function startDockerEngine(): Promise<ContainerEngine> {
  await using parts = new AsyncDisposableStack()
  const { path: folder } = parts.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-docker-')))
  await makeDebianTree(join(folder, 'tree'), 'trixie', packages)
  parts.use(await startDaemon(folder))
  const engine = speakTo(await equip(folder), basename(folder).toLowerCase())
  parts.defer(async () => {
    const containers = await engine.docker('ps', '--all', '--quiet')
    if (containers !== '') await engine.docker('rm', '--force', '--volumes', ...containers.split('\n'))
  })
  const all = parts.move()
  return { ...engine, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

const socketIn = (folder: string) => join(folder, 'docker.sock')

async function startDaemon(folder: string): Promise<AsyncDisposable> {
  const [data, exec, pid] = ['data', 'exec', 'pid'].map((name) => join(folder, name))
  const places = [`--data-root=${data}`, `--exec-root=${exec}`, `--pidfile=${pid}`, `--host=unix://${socketIn(folder)}`]
  const words = ['unshare', '--mount', '--net', 'sh', '-c', start, 'sh', join(folder, 'tree'), tmpdir(), ...places]
  // Ends with this process, whatever ends that.
  const daemon = spawn('setpriv', ['--pdeathsig', 'TERM', ...words], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = Promise.all([text(daemon.stderr), once(daemon, 'close')])
  const isThere = async () => {
    if (daemon.exitCode !== null) throw new Error(`start Docker: it ended:\n${(await ended)[0]}`)
    return await access(socketIn(folder)).then(
      () => true,
      () => false,
    )
  }
  await until(isThere)
  return {
    [Symbol.asyncDispose]: async () => {
      daemon.kill('SIGTERM')
      await ended
    },
  }
}

/** The environment that leads to the command line, and it to its plug-ins and the engine. */
async function equip(folder: string): Promise<NodeJS.ProcessEnv> {
  const [home, programs] = [join(folder, 'home'), join(folder, 'bin')]
  await mkdir(join(home, '.docker'), { recursive: true })
  await mkdir(programs)
  await symlink(join(folder, 'tree/usr/bin/docker'), join(programs, 'docker'))
  await symlink(join(folder, 'tree/usr/libexec/docker/cli-plugins'), join(home, '.docker/cli-plugins'))
  return { HOME: home, PATH: `${programs}:${process.env.PATH}`, DOCKER_HOST: `unix://${socketIn(folder)}` }
}
