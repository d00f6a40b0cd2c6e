// The built packages, a Debian to install them on, and outside of it a control plane and a simulated JumpCloud; and the questions that
// tests ask about the service.

import { chmod, copyFile, mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { toldStatus } from '../../agent/cli/local/told-status.ts'
import { build } from '../../scripts/build/build.ts'
import { buildDeb } from '../../scripts/build/deb.ts'
import { buildRelease } from '../../scripts/build/release.ts'
import { type DebianHost, makeDebianBase, startDebianHost } from './debian-host.ts'
import type { DebianRelease } from './debian-tree.ts'
import { type PlaneProgram, startPlaneProgram } from './plane-program.ts'
import { type Simulator, startSimulatorProgram } from './simulator-program.ts'
import { until } from './until.ts'

export const version = '0.1.0'
export const nextVersion = '0.1.1'

export type InstalledWorld = AsyncDisposable & {
  readonly host: DebianHost
  readonly plane: PlaneProgram
  readonly simulator: Simulator
  /** Writes a file of root there, its folders too, with mode 0600 where none is named; its path there. */
  write(path: string, text: string, mode?: number): Promise<string>
  /** The package of a version in the place of what is there. */
  install(version: string): Promise<string>
  /** A one-time code of the plane. */
  code(): Promise<string>
  /** The command that sets the installed agent up at the plane. */
  setUp(): Promise<string>
  /** Waits until the service takes work; its process. */
  ready(): Promise<number>
  /** One property of the service, as systemd has it. */
  property(name: string): Promise<string>
  /** What one read from the plane came to. */
  read(): Promise<string>
  status(): Promise<ShownStatus>
  /** What doctor says of it, and whose the bundle for support is. */
  look(): Promise<string>
  ledgerLength(): Promise<number>
  /** Who this is: the name and the key that it was enrolled with. */
  replica(): Promise<string>
  /** What is there and was not before anything was installed; not what the system itself writes, nor what lies in /srv and /tmp. */
  traces(): Promise<readonly string[]>
}

type ShownStatus = z.infer<typeof toldStatus>
const identity = z.looseObject({ replica: z.string(), key: z.looseObject({ x: z.string() }) })

const report = z.object({ result: z.string(), failed: z.array(z.string()) })

const agent = 'acme'

/** Where systemd keeps the state of a service without a user of its own. */
export const state = '/var/lib/private/sallyport'

const ofOthers =
  /^\/(var\/(log|cache|lib\/(apt|dpkg|systemd|dbus)|tmp\/systemd-private-\w+-systemd-)|srv|run|tmp|proc|sys|dev)\b/

export type InstalledWorldOptions = {
  readonly release?: DebianRelease
  /** As `makePackages` gives them. Default: they are made for this one. */
  readonly packages?: readonly string[]
}

/** `/srv` of the host holds both versions of the package, and the archive. */
export async function startInstalledWorld(options: InstalledWorldOptions = {}): Promise<InstalledWorld> {
  await using parts = new AsyncDisposableStack()
  const directory = parts.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-install-'))).path
  const base = join(directory, 'base')
  const { release = 'bookworm', packages = makePackages(join(directory, 'dist')) } = options
  const [files] = await Promise.all([packages, makeDebianBase(base, release)])
  for (const file of files) await copyFile(file, join(base, 'srv', basename(file)))
  const host = parts.use(await startDebianHost(base, join(directory, 'host')))
  const filesThere = async () => (await host.run('find', '/', '-xdev')).split('\n')
  const before = new Set(await filesThere())
  const simulator = parts.use(
    await startSimulatorProgram({ users: 600, groups: 3, dynamicGroups: 0, organizations: 2 }),
  )
  const plane = parts.use(await startPlaneProgram({ directory, agent }))
  const owned = parts.move()
  const property = (name: string) => host.run('systemctl', 'show', '--property', name, '--value', 'sallyport')
  const write = async (path: string, text: string, mode = 0o600) => {
    await mkdir(dirname(join(host.root, path)), { recursive: true })
    await writeFile(join(host.root, path), text)
    await chmod(join(host.root, path), mode)
    return path
  }
  const code = async () => String((await plane.command('code', 'create', agent)).code)
  const status = async () => toldStatus.parse(JSON.parse((await host.attempt('sallyport', 'status', '--json')).out))
  return {
    ...{ host, plane, simulator, property, write, code, status },
    install: (which) => host.run('dpkg', '-i', `/srv/sallyport_${which}_amd64.deb`),
    look: () => lookAt(host),
    ledgerLength: async () => (await status()).ledger.head?.seq ?? 0,
    replica: async () => {
      const { replica, key } = identity.parse(
        JSON.parse(await readFile(join(host.root, state, 'identity.json'), 'utf8')),
      )
      return `${replica} ${key.x}`
    },
    traces: async () => (await filesThere()).filter((path) => !before.has(path) && !ofOthers.test(path)),
    setUp: async () => {
      const key = await write('/srv/key', simulator.key)
      const where = ['--plane', plane.url, '--code', await code(), '--base-url', simulator.url]
      return await host.run('sallyport', 'setup', ...where, '--key-file', key, '--non-interactive')
    },
    ready: async () => {
      await until(async () => (await host.attempt('sallyport', 'health')).code === 0)
      return Number(await property('MainPID'))
    },
    read: async () => (await plane.caller.run('groups.list', {}, { ttlMs: 20_000 })).state,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function lookAt({ run, attempt }: DebianHost): Promise<string> {
  const { code, out } = await attempt('sallyport', 'doctor', '--json')
  const { result, failed } = report.parse(JSON.parse(out))
  await run('sallyport', 'support-bundle', '--out', '/srv/bundle.json')
  const bundle = await run('stat', '-c', '%a %U', '/srv/bundle.json')
  return `doctor ended with ${code}, ${result}, failed: ${failed.join(' ') || 'none'}; bundle ${bundle}`
}

/** Both versions of the package, and the archive. */
export async function makePackages(out: string): Promise<readonly string[]> {
  const { missing, ...programs } = await build(out)
  if (missing.length > 0) throw new Error(missing.join('\n'))
  const { files } = await buildRelease({ programs, out, version, signingKeyFile: undefined })
  const executable = join(out, 'sallyport-linux-x64/sallyport')
  // Another version, as the package manager sees it.
  const next = await buildDeb({ executable, sbom: join(out, 'sbom.cdx.json'), version: nextVersion, folder: out })
  return [...files.filter((file) => /\.deb$|\.tar\.gz$/.test(file)).map((file) => join(out, 'release', file)), next]
}
