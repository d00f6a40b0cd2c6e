// A container engine of its own (podman with runc, its images in a folder that goes with it), spoken to by the docker command line and
// docker-compose. Needs root, and the Debian packages podman, runc, netavark, aardvark-dns, iptables, docker-compose and mmdebstrap.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
}

/** What the image is built from; no public one can be had on every machine. */
export const baseImage = 'localhost/debian:bookworm-slim'

/** A build machine may not raise limits, and its cgroups are of both versions, which crun refuses. */
const engineSettings = `[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
compat_api_enforce_docker_hub = false
[network]
network_backend = "netavark"
`

export async function startContainerEngine(): Promise<ContainerEngine> {
  await using parts = new AsyncDisposableStack()
  const { path: folder } = parts.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-engine-')))
  const at = (name: string) => join(folder, name)
  const socket = at('engine.sock')
  await writeFile(at('containers.conf'), engineSettings)
  await writeFile(at('registries.conf'), 'unqualified-search-registries = ["localhost"]\n')
  const storage = ['driver = "overlay"', `graphroot = "${at('images')}"`, `runroot = "${at('run')}"`]
  await writeFile(at('storage.conf'), ['[storage]', ...storage, ''].join('\n'))
  await mkdir(at('home'))
  const environment = {
    PATH: process.env.PATH,
    HOME: at('home'),
    CONTAINERS_CONF: at('containers.conf'),
    CONTAINERS_REGISTRIES_CONF: at('registries.conf'),
    CONTAINERS_STORAGE_CONF: at('storage.conf'),
    DOCKER_HOST: `unix://${socket}`,
    DOCKER_BUILDKIT: '0',
  }
  const attempt = (command: string, words: readonly string[], cwd = folder) =>
    finish(command, words, { environment, cwd })
  const run = async (command: string, words: readonly string[], cwd?: string) => {
    const { code, out, complaints } = await attempt(command, words, cwd)
    if (code === 0) return out.trimEnd()
    throw new Error(`${[command, ...words].join(' ')} ended with ${code}:\n${out}${complaints}`)
  }

  await run('mmdebstrap', ['--quiet', '--variant=minbase', release, at('base.tar'), await packageMirror()])
  await run('podman', ['import', '--quiet', at('base.tar'), baseImage])
  const service = spawn('podman', ['system', 'service', '--time=0', `unix://${socket}`], {
    env: environment,
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
    access(socket).then(
      () => true,
      () => false,
    ),
  )
  const all = parts.move()
  return {
    docker: (...words) => run('docker', words),
    attempt: (...words) => attempt('docker', words),
    compose: (where, ...words) => run('docker-compose', ['--no-ansi', ...words], where),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

type Surroundings = { readonly environment: NodeJS.ProcessEnv; readonly cwd: string }

async function finish(command: string, words: readonly string[], { environment, cwd }: Surroundings): Promise<Ended> {
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'], env: environment, cwd })
  const over = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  const [out, complaints, [code, signal]] = await over.catch((cause: unknown) => {
    throw new Error(`run ${command}: it cannot be started; is it installed?`, { cause })
  })
  return { code: typeof code === 'number' ? code : -1, out, complaints: `${complaints}${signal ?? ''}` }
}
