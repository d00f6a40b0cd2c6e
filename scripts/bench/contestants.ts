// Who runs against whom, each as processes of its own. A contestant has a far side, which calls, and but for direct calls a near
// side, which is what stands in the customer's network.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { setUpAgentHost } from '../build/agent-host.ts'
import { bundle } from '../build/bundle.ts'
import { setUpPlaneHost } from '../build/plane-host.ts'
import { type RunningProgram, runProgram } from '../build/run-program.ts'
import type { Programs } from '../build/warm.ts'
import { startCaller } from './start-caller.ts'
import type { Directory, Load, Order } from './work.ts'

/** `strict`: the relay with signatures and commits. `library`: a control plane in the process of its caller. `http`: one of its own, called over HTTP by another process. */
export const contestantNames = ['direct', 'relay', 'strict', 'library', 'http'] as const
export type ContestantName = (typeof contestantNames)[number]

export type Contestant = {
  readonly name: ContestantName
  keepGoing(order: Order): Promise<Load>
  /** Of what calls, or answers the caller. */
  readonly farPid: number
  readonly near?: Near
}

export type Near = {
  /** 0 while it does not run. */
  readonly pid: number
  start(): Promise<void>
  stop(): Promise<void>
}

export type Site = {
  readonly parts: AsyncDisposableStack
  /** For everybody's files. */
  readonly folder: string
  /** Where bundles go. */
  readonly out: string
  readonly programs: Programs
  readonly jumpcloud: { readonly url: string; readonly key: string; readonly directory: Directory }
}

export const starters: Readonly<Record<ContestantName, (site: Site) => Promise<Contestant>>> = {
  direct: startDirect,
  relay: startBareRelay,
  strict: startStrictRelay,
  library: startLibrary,
  http: startHttp,
}

async function startDirect({ parts, out, jumpcloud: { url, key, directory } }: Site): Promise<Contestant> {
  const program = await bundle({ name: 'direct', entry: 'scripts/bench/callers/direct.ts' }, out)
  const caller = parts.use(await startCaller(program, [url, key, JSON.stringify(directory)]))
  return { name: 'direct', keepGoing: caller.keepGoing, farPid: caller.pid }
}

async function startBareRelay(site: Site): Promise<Contestant> {
  const { parts, out, jumpcloud } = site
  const [program, farProgram] = await Promise.all([
    bundle({ name: 'relay', entry: 'scripts/bench/relay-program.ts' }, out),
    bundle({ name: 'relay-caller', entry: 'scripts/bench/callers/relay.ts' }, out),
  ])
  const caller = parts.use(await startCaller(farProgram, [JSON.stringify(jumpcloud.directory)]))
  const { url } = z.object({ url: z.string() }).parse(caller.hello)
  const near = await startNear(site, { name: 'relay', program, args: [url, jumpcloud.url, jumpcloud.key] })
  return { name: 'relay', keepGoing: caller.keepGoing, farPid: caller.pid, near }
}

async function startStrictRelay(site: Site): Promise<Contestant> {
  const { parts, folder, out, jumpcloud } = site
  const [program, farProgram] = await Promise.all([
    bundle({ name: 'strict', entry: 'scripts/bench/strict-relay-program.ts' }, out),
    bundle({ name: 'strict-caller', entry: 'scripts/bench/callers/relay.ts' }, out),
  ])
  const store = join(folder, 'strict-far.db')
  const caller = parts.use(await startCaller(farProgram, [JSON.stringify(jumpcloud.directory), store]))
  const { url } = z.object({ url: z.string() }).parse(caller.hello)
  const args = [url, jumpcloud.url, jumpcloud.key, join(folder, 'strict-near.db')]
  return {
    name: 'strict',
    keepGoing: caller.keepGoing,
    farPid: caller.pid,
    near: await startNear(site, { name: 'strict', program, args }),
  }
}

async function startLibrary(site: Site): Promise<Contestant> {
  const { parts, folder, out, jumpcloud } = site
  const program = await bundle({ name: 'library-caller', entry: 'scripts/bench/callers/library.ts' }, out)
  const args = [join(folder, 'library-plane'), JSON.stringify(jumpcloud.directory)]
  const caller = parts.use(await startCaller(program, args))
  const { url, code } = z.object({ url: z.string(), code: z.string() }).parse(caller.hello)
  const near = await startAgent(site, { name: 'library', planeUrl: url, code })
  return { name: 'library', keepGoing: caller.keepGoing, farPid: caller.pid, near }
}

async function startHttp(site: Site): Promise<Contestant> {
  const { parts, folder, out, programs, jumpcloud } = site
  const callerProgram = await bundle({ name: 'http-caller', entry: 'scripts/bench/callers/http.ts' }, out)
  const host = await setUpPlaneHost(programs.plane, join(folder, 'http-plane'))
  const plane = parts.use(
    await runProgram(programs.plane, { args: host.args, logFile: join(folder, 'http-plane.log') }),
  )
  const url = await plane.logged(/"plane\.listening".*?"url":"([^"]+)"/)
  const near = await startAgent(site, { name: 'http', planeUrl: url, code: await host.createCode('acme') })
  const args = [url, await host.createToken(), JSON.stringify(jumpcloud.directory)]
  const caller = parts.use(await startCaller(callerProgram, args))
  return { name: 'http', keepGoing: caller.keepGoing, farPid: plane.pid, near }
}

type Enrolled = { readonly name: string; readonly planeUrl: string; readonly code: string }

async function startAgent(site: Site, { name, planeUrl, code }: Enrolled): Promise<Near> {
  const directory = join(site.folder, `${name}-agent`)
  await mkdir(directory)
  const { url: jumpcloudUrl, key } = site.jumpcloud
  const program = site.programs.agent
  const args = await setUpAgentHost({ program, directory, planeUrl, jumpcloudUrl, key, code })
  return await startNear(site, { name: `${name}-agent`, program, args })
}

type NearOptions = { readonly name: string; readonly program: string; readonly args: readonly string[] }

/** Running when it resolves, though it may not be connected yet: calls wait for it. */
async function startNear({ parts, folder }: Site, { name, program, args }: NearOptions): Promise<Near> {
  let running: RunningProgram | undefined
  const near: Near & AsyncDisposable = {
    get pid() {
      return running?.pid ?? 0
    },
    start: async () => {
      running = await runProgram(program, { args, logFile: join(folder, `${name}.log`) })
    },
    stop: async () => {
      await running?.stop()
      running = undefined
    },
    [Symbol.asyncDispose]: async () => await running?.[Symbol.asyncDispose](),
  }
  await near.start()
  return parts.use(near)
}
