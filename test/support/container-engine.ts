// A container engine of its own (podman with runc, its images in a folder that goes with it), spoken to by the docker command line and
// docker-compose. Needs root, and the Debian packages podman, runc, netavark, aardvark-dns, iptables, docker-compose, catatonit (for pods) and mmdebstrap.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { packageMirror, release } from './package-mirror.ts'
import { until } from './until.ts'

export type Ended = { readonly code: number; readonly out: string; readonly complaints: string }

export type ContainerEngine = AsyncDisposable & {
  /** `docker …`; the output without its last newline. Throws where it ends otherwise than with 0. */
  docker(...words: readonly string[]): Promise<string>
  attempt(...words: readonly string[]): Promise<Ended>
  /** `docker compose …` in a folder, which has compose.yaml. */
  compose(folder: string, ...words: readonly string[]): Promise<string>
  /** The network that compose files come to. */
  readonly composeNetwork: string
  /** `podman …`, for what docker does not have. */
  podman(...words: readonly string[]): Promise<string>
  /** A line of a page as a person would give it at a terminal, in a folder; `typed` is what they type. Throws as `docker` does. */
  type(line: string, folder: string, typed?: string): Promise<string>
}

/** What the image is built from; no public one can be had on every machine. */
export const baseImage = 'localhost/debian:bookworm-slim'

/** A build machine may not raise limits, and its cgroups are of both versions, which crun refuses. Other engines keep what they have:
 * one that ends takes its own networks, locks and sockets with it. What waits for commands in a container does not wait for minutes. */
const engineSettings = (at: (name: string) => string) => `[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
tmp_dir = "${at('tmp')}"
lock_type = "file"
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
exit_command_delay = 1
compat_api_enforce_docker_hub = false
[network]
network_backend = "netavark"
network_config_dir = "${at('networks')}"
`

/** `docker compose` where the command has no such plug-in, as podman's has none. */
const dockerWithCompose = `#!/bin/sh
PATH=\${PATH#*:}
[ "$1" = compose ] || exec docker "$@"
shift
exec docker-compose "$@"
`

export async function startContainerEngine(): Promise<ContainerEngine> {
  await using parts = new AsyncDisposableStack()
  const { path: folder } = parts.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-engine-')))
  const environment = await equip(folder)
  const attempt = (command: string, words: readonly string[], cwd = folder, input = '') =>
    finish(command, words, { environment, cwd, input })
  const run = async (command: string, words: readonly string[], cwd?: string, input?: string) => {
    const { code, out, complaints } = await attempt(command, words, cwd, input)
    if (code === 0) return out.trimEnd()
    throw new Error(`${[command, ...words].join(' ')} ended with ${code}:\n${out}${complaints}`)
  }

  const base = join(folder, 'base.tar')
  await run('mmdebstrap', ['--quiet', '--variant=minbase', release, base, await packageMirror()])
  await run('podman', ['import', '--quiet', base, baseImage])
  const service = spawn('podman', ['system', 'service', '--time=0', environment.DOCKER_HOST], {
    env: environment,
    // Where a limit of memory was met, a file is left that says so.
    cwd: folder,
    stdio: 'ignore',
  })
  parts.defer(async () => {
    await attempt('podman', ['rm', '--all', '--force', '--volumes'])
    service.kill('SIGTERM')
    if (service.exitCode === null) await once(service, 'exit')
    // Layers are mounted in it.
    await attempt('podman', ['system', 'reset', '--force'])
  })
  await until(() =>
    access(join(folder, 'engine.sock')).then(
      () => true,
      () => false,
    ),
  )
  const all = parts.move()
  return {
    docker: (...words) => run('docker', words),
    attempt: (...words) => attempt('docker', words),
    compose: (where, ...words) => run('docker-compose', ['--no-ansi', ...words], where),
    composeNetwork: `${environment.COMPOSE_PROJECT_NAME}_default`,
    podman: (...words) => run('podman', words),
    type: (line, where, typed) => run('script', ['--quiet', '--return', '--command', line, '/dev/null'], where, typed),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** Settings of an engine that shares nothing with others on this machine; the environment that leads its programs to them. */
async function equip(folder: string) {
  const at = (name: string) => join(folder, name)
  const storage = ['driver = "overlay"', `graphroot = "${at('images')}"`, `runroot = "${at('run')}"`]
  await Promise.all(['home', 'networks', 'tmp', 'bin'].map((name) => mkdir(at(name))))
  await writeFile(at('containers.conf'), engineSettings(at))
  await writeFile(at('registries.conf'), 'unqualified-search-registries = ["localhost"]\n')
  await writeFile(at('storage.conf'), ['[storage]', ...storage, ''].join('\n'))
  await writeFile(at('bin/docker'), dockerWithCompose, { mode: 0o755 })
  return {
    PATH: `${at('bin')}:${process.env.PATH}`,
    HOME: at('home'),
    CONTAINERS_CONF: at('containers.conf'),
    CONTAINERS_REGISTRIES_CONF: at('registries.conf'),
    CONTAINERS_STORAGE_CONF: at('storage.conf'),
    DOCKER_HOST: `unix://${at('engine.sock')}`,
    DOCKER_BUILDKIT: '0',
    COMPOSE_PROJECT_NAME: basename(folder).toLowerCase(),
  }
}

type Surroundings = { readonly environment: NodeJS.ProcessEnv; readonly cwd: string; readonly input: string }

async function finish(
  command: string,
  words: readonly string[],
  { environment, cwd, input }: Surroundings,
): Promise<Ended> {
  const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'pipe'], env: environment, cwd })
  child.stdin.on('error', () => {}).end(input)
  const over = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  const [out, complaints, [code, signal]] = await over.catch((cause: unknown) => {
    throw new Error(`run ${command}: it cannot be started; is it installed?`, { cause })
  })
  return { code: typeof code === 'number' ? code : -1, out, complaints: `${complaints}${signal ?? ''}` }
}
