// What a control plane says of itself to an agent that is killed meanwhile: who leads, that it signs with other keys, that it goes
// away, and a batch that nobody may believe. Our own control plane never changes its keys, so a peer says it.

import { join } from 'node:path'
import { openIdentityFile } from '../../agent/identity/identity.ts'
import { bundleMortalAgent, writeHost } from './agent-sweep.ts'
import { startMortalAgent } from './mortal-agent.ts'
import { aDirectory } from './mortal-world.ts'
import { type PlanePeer, startPlanePeer } from './plane-peer.ts'
import { makeSigningKey, statementOf } from './plane-peer-keys.ts'
import type { PlaneSession } from './plane-peer-session.ts'
import { type Program, startProgram } from './program.ts'
import { enrolAt } from './running-agent.ts'

export const toldPasses = ['taking lead', 'taking keys', 'taking leave', 'sending refused', 'identity keys']

/** How the process ended, what it passed, and the version of the keys by which the next one opened its session. */
export type Told = { readonly ended: unknown; readonly points: readonly string[]; readonly version: number }

export async function openTelling() {
  await using parts = new AsyncDisposableStack()
  const { path } = parts.use(await aDirectory())
  const program = { file: await bundleMortalAgent(path), environment: { NODE_COMPILE_CACHE: join(path, 'cache') } }
  const owned = parts.move()
  let count = 0
  return {
    play: async (deadly?: string): Promise<Told> => {
      count += 1
      const directory = join(path, `agent-${count}`)
      return await play(directory, program, deadly)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

type Bundle = { readonly file: string; readonly environment: Readonly<Record<string, string>> }

async function play(directory: string, { file, environment }: Bundle, deadly: string | undefined): Promise<Told> {
  const identityFile = openIdentityFile(directory)
  const next = makeSigningKey()
  const before = await (async () => {
    await using peer = await startPlanePeer()
    const settings = {
      planeUrl: peer.url,
      jumpcloudUrl: peer.url,
      policy: 'version: 1\nconnections:\n  main:\n    allow: [org.get]\n',
    }
    await writeHost(directory, 'a key that fits nowhere', settings)
    await enrolAt(peer, identityFile)
    await using program = startProgram(file, {
      args: [directory, ...(deadly === undefined ? [] : [deadly])],
      environment,
    })
    await Promise.race([tell(peer, next, program).catch(() => {}), program.ended])
    return { url: peer.url, key: peer.key, id: peer.id, ended: await program.ended, lines: program.lines }
  })()

  const { plane, key } = await identityFile.read()
  await using peer = await startPlanePeer(before)
  peer.admit(key.x)
  if (plane.keys.version === 2) peer.signWith(next)
  const daemon = await startMortalAgent(directory, () => {})
  await peer.session()
  await daemon.stop()
  const points = before.lines.flatMap((line) => /^\{"point":"(.+)"\}$/.exec(line)?.[1] ?? [])
  return { ended: before.ended, points, version: plane.keys.version }
}

type NextKey = ReturnType<typeof makeSigningKey>

async function tell(peer: PlanePeer, next: NextKey, program: Program): Promise<void> {
  const session = await peer.session()
  session.send({ type: 'lead', jws: peer.key.sign('sallyport-lead', leadOf(peer, session)) })
  session.run([{ job: 'org.get' }], { key: next })
  await session.next('refused')
  session.send({ type: 'keys', jws: peer.key.sign('sallyport-keys', statementOf(peer.id, 2, next)) })
  await program.line(({ point }) => point === 'after identity keys #1')
  peer.signWith(next)
  session.send({ type: 'leave', reason: 'move', backMs: 0 })
  await peer.session()
  program.signal('SIGTERM')
}

function leadOf({ id: plane }: PlanePeer, { body: { agent, replica, nonce } }: PlaneSession) {
  return { plane, agent, replica, nonce, lead: true, epoch: 1 }
}
