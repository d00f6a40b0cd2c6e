// What the tests of containers begin with: an engine, both images as the README and the Dockerfile say to build them, a control plane,
// and a JumpCloud (simulated) that comes to the loopback of whichever container is to ask it.

import { copyFile, mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ContainerEngine } from './container-engine.ts'
import { type ContainerPlane, startContainerPlane } from './container-plane.ts'
import { type Program, startProgram } from './program.ts'
import { checkOutReadme, type ReadmeCheckout } from './readme-checkout.ts'

export type ContainerSite = AsyncDisposable & {
  readonly engine: ContainerEngine
  readonly checkout: ReadmeCheckout
  readonly plane: ContainerPlane
  /** Gives a command of the README as it is printed there. */
  give(part: string, typed?: string): Promise<string>
  /** One value of `docker inspect`. */
  inspect(name: string, format: string): Promise<string>
  /** The key that it takes, whenever it is started. */
  readonly jumpcloudKey: string
  /** In the network of a process, in place of the one before. */
  startJumpCloud(pid: string): Promise<void>
}

const url = 'http://127.0.0.1:9400'

/** What the configuration of the README needs so that the parts of the test stand for the real ones. */
export const standIns: ReadonlyMap<string, string> = new Map([
  ['https://control.example.com }', 'https://control.example.com, ca: /etc/sallyport/ca.pem, privateAddress: true }'],
  ['region: us', `baseUrls: { console: "${url}", api: "${url}", oauth: "${url}" }`],
])

export async function startContainerSite(startEngine: () => Promise<ContainerEngine>): Promise<ContainerSite> {
  await using parts = new AsyncDisposableStack()
  const { path } = parts.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-container-')))
  const checkout = await checkOutReadme(join(path, 'sallyport'))
  const engine = parts.use(await startEngine())
  const give = (part: string, typed?: string) => engine.type(checkout.command(part), checkout.folder, typed)
  await give('npm run build')
  await give('docker build')
  // As Docker built before it had BuildKit.
  const control = 'docker build -q -t sallyport-control --target control-plane -f packaging/container/Dockerfile .'
  await engine.type(`DOCKER_BUILDKIT=0 ${control}`, checkout.folder)
  const plane = await startContainerPlane(engine, join(path, 'plane'))

  const jumpclouds: Program[] = []
  const end = async () => void (await jumpclouds.at(-1)?.[Symbol.asyncDispose]())
  parts.defer(end)
  const start = async (port: string, under: readonly string[]) => {
    await end()
    const program = startProgram('test/support/jumpcloud/main.ts', { args: ['--port', port, '--groups', '3'], under })
    jumpclouds.push(program)
    return await program.line(({ url }) => typeof url === 'string')
  }
  const { key } = await start('0', [])
  await checkout.configure(standIns, ['groups.list'])
  await copyFile(plane.authority, join(checkout.containers, 'etc/ca.pem'))
  const all = parts.move()
  return {
    ...{ engine, checkout, plane, give },
    inspect: (name, format) => engine.docker('inspect', '-f', `{{${format}}}`, name),
    jumpcloudKey: String(key),
    startJumpCloud: async (pid) => void (await start('9400', ['nsenter', '-n', '-t', pid])),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}
