// A whole installation of real processes: a JumpCloud (simulated, or the real one), a control plane, and an enrolled agent
// that reaches it through a relay that keeps every byte. Stories and the demo act on it over HTTP, as a vendor would.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type AgentHost, type AgentHostOptions, setUpAgentHost } from './agent-host.ts'
import { type ByteRelay, startByteRelay } from './byte-relay.ts'
import type { PlaneCaller } from './plane-caller.ts'
import { type PlaneProgram, startPlaneProgram } from './plane-program.ts'
import { type SimulatedState, type Simulator, startSimulatorProgram } from './simulator-program.ts'

export type Installation = AsyncDisposable & {
  /** Undefined with the real JumpCloud. */
  readonly simulator: Simulator | undefined
  readonly plane: PlaneProgram
  readonly relay: ByteRelay
  readonly agent: AgentHost
  readonly run: PlaneCaller['run']
  /** Another host of the same agent, with its own folder; it is neither enrolled nor started. */
  addHost(name: string, change?: Partial<AgentHostOptions>): Promise<AgentHost>
  readonly directory: string
}

export type SimulatedInstallation = Installation & { readonly simulator: Simulator }

export type InstallationOptions = {
  /** An empty folder, which stays the caller's. */
  readonly directory: string
  /** Of both programs; default `info`. */
  readonly logLevel?: string
  /** A program under which both run. */
  readonly under?: readonly string[]
}

export const agentName = 'acme'

/** `policy` makes the YAML from what there is. */
export async function startInstallation(
  options: InstallationOptions & {
    readonly sizes: Readonly<Record<string, number>>
    readonly policy: (state: SimulatedState) => string
  },
): Promise<SimulatedInstallation> {
  await using stack = new AsyncDisposableStack()
  const { directory, sizes, policy } = options
  const [simulator, plane] = await Promise.all([
    startSimulatorProgram(sizes).then((simulator) => stack.use(simulator)),
    startPlaneProgram({ ...options, agent: agentName }).then((plane) => stack.use(plane)),
  ])
  const tokenFile = join(directory, 'jumpcloud.key')
  await writeFile(tokenFile, simulator.key, { mode: 0o600 })
  const { url } = simulator
  const where = `baseUrls: { console: ${url}, api: ${url}, oauth: ${url} }`
  const installed = await install(stack, plane, {
    ...options,
    where,
    tokenFile,
    policy: policy(await simulator.state()),
  })
  return { ...installed, simulator, ...owned(stack) }
}

/** The real JumpCloud in place of the simulated one. */
export async function startRealInstallation(
  options: InstallationOptions & { readonly region: string; readonly tokenFile: string; readonly policy: string },
): Promise<Installation> {
  await using stack = new AsyncDisposableStack()
  const plane = stack.use(await startPlaneProgram({ ...options, agent: agentName }))
  const installed = await install(stack, plane, { ...options, where: `region: ${options.region}` })
  return { ...installed, simulator: undefined, ...owned(stack) }
}

async function install(
  stack: AsyncDisposableStack,
  plane: PlaneProgram,
  { directory, under = [], ...host }: Omit<AgentHostOptions, 'planeUrl'> & Pick<InstallationOptions, 'under'>,
) {
  const relay = stack.use(await startByteRelay(plane.url))
  const hosts = stack.use(new AsyncDisposableStack())
  const addHost: Installation['addHost'] = async (name, change = {}) => {
    const folder = join(directory, name)
    await mkdir(folder, { recursive: true })
    return hosts.use(await setUpAgentHost({ ...host, planeUrl: relay.url, directory: folder, ...change }))
  }
  const agent = await addHost('agent')
  const { code } = await plane.command('code', 'create', agentName)
  await agent.enrol(String(code))
  await agent.start('session.opened', { under })
  return { plane, relay, agent, run: plane.caller.run, addHost, directory }
}

/** Moves what was started from the function that started it to the installation. */
function owned(stack: AsyncDisposableStack): AsyncDisposable {
  const all = stack.move()
  return { [Symbol.asyncDispose]: () => all.disposeAsync() }
}
