// A simulated JumpCloud and a control plane as processes, each behind TLS with a certificate of an authority of its own, for
// agents that come by a proxy.

import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AgentHost, setUpAgentHost } from './agent-host.ts'
import { makeCertificateAuthority } from './certificate-authority.ts'
import { agentName } from './installation.ts'
import { startPlaneProgram } from './plane-program.ts'
import { startSimulatorProgram } from './simulator-program.ts'
import { startTlsFront } from './tls-front.ts'

export type FrontedWorld = Awaited<ReturnType<typeof startFrontedWorld>>

/** What a leg of an agent says beside its address, in YAML. */
export type Ways = { readonly plane: string; readonly jumpcloud: string }

export async function startFrontedWorld() {
  await using stack = new AsyncDisposableStack()
  const directory = stack.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-proxied-'))).path
  const [planeCa, jumpcloudCa] = await Promise.all(
    ['Plane CA', 'JumpCloud CA'].map((name) => makeCertificateAuthority(directory, name)),
  )
  if (planeCa === undefined || jumpcloudCa === undefined) throw new Error('there are no authorities')
  const simulator = stack.use(await startSimulatorProgram({ users: 60, groups: 4, membersPerGroup: 5, events: 5 }))
  const plane = stack.use(await startPlaneProgram({ directory, agent: agentName }))
  const planeFront = stack.use(await startTlsFront(plane.url, await planeCa.issue('localhost')))
  const jumpcloudFront = stack.use(await startTlsFront(simulator.url, await jumpcloudCa.issue('localhost')))
  const tokenFile = join(directory, 'jumpcloud.key')
  await writeFile(tokenFile, simulator.key, { mode: 0o600 })
  const { groups } = await simulator.state()
  const all = stack.move()

  return {
    ...{ directory, planeCa, jumpcloudCa, simulator, plane, planeFront, jumpcloudFront },
    code: async () => String((await plane.command('code', 'create', agentName)).code),
    /** A host that is neither enrolled nor started. */
    addHost: async (name: string, ways: Ways): Promise<AgentHost> => {
      const { url } = jumpcloudFront
      return all.use(
        await setUpAgentHost({
          directory: join(directory, name),
          planeUrl: planeFront.url,
          planeWay: ways.plane,
          where: `baseUrls: { console: ${url}, api: ${url}, oauth: ${url} }, ${ways.jumpcloud}`,
          tokenFile,
          policy: policyFor(groups.slice(1).map(({ id }) => id)),
        }),
      )
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

function policyFor(groupIds: readonly string[]): string {
  const allowed = 'org.get, users.list, groups.list, groups.members.list, groups.members.add'
  return `version: 1\nconnections:\n  main: { allow: [${allowed}], groups: { allow: [${groupIds}] } }\n`
}
