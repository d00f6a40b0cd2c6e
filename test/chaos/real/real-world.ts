// A world of real processes and real time: a simulated JumpCloud, a control plane, the replicas of one agent behind a relay, and
// a vendor. What is known of it at the end has the form that the virtual worlds have, so that the same invariants judge it.

import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../../../control-plane/ports/clock.ts'
import { systemRandom } from '../../../control-plane/ports/random.ts'
import { openState } from '../../../control-plane/server.ts'
import type { AgentHost } from '../../support/agent-host.ts'
import { agentName, type SimulatedInstallation, startInstallation } from '../../support/installation.ts'
import type { SimulatedState } from '../../support/simulator-program.ts'
import { createActivity } from '../activity.ts'
import { paramsOf } from '../directory.ts'
import { type Evidence, readEffects, readRuns } from '../evidence.ts'
import type { Logged } from '../host-log.ts'
import { aftermathMs, nameOfReplica, requestTroubles, type Trouble } from '../trouble.ts'
import { createVendor, type Vendor } from '../vendor.ts'
import { createLife, type Leave, type Life } from './life.ts'
import type { RealFault, RealSchedule } from './real-schedule.ts'

export type RealWorld = AsyncDisposable & {
  readonly vendor: Vendor
  readonly relay: SimulatedInstallation['relay']
  readonly plane: Life
  readonly replicas: readonly Life[]
  /** Of every process that was asked to end so far. */
  readonly leaves: readonly Leave[]
  /** A fault begins; returns what is called when it is over. */
  onFault(fault: RealFault): () => void
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Ends all processes in order, and reads what they left. */
  evidence(): Promise<Evidence>
}

export async function startRealWorld(schedule: RealSchedule, directory: string): Promise<RealWorld> {
  await using parts = new AsyncDisposableStack()
  const { userCount, groupCount, replicaCount } = schedule
  const sizes = { users: userCount, groups: groupCount + 2, dynamicGroups: 1, membersPerGroup: 0, events: 0 }
  const installation = parts.use(await startInstallation({ directory, sizes, policy }))
  const { simulator, plane, relay } = installation
  const hosts = [installation.agent]
  for (let number = 1; number < replicaCount; number += 1) hosts.push(await addReplica(installation, number))

  const startedAt = Date.now()
  const elapsedMs = () => Date.now() - startedAt
  const sleep = async (ms: number, signal?: AbortSignal) => void (await delay(ms, undefined, signal && { signal }))
  const state = await simulator.state()
  const known = { users: state.users.map(({ id }) => id), groups: changeable(state).map(({ id }) => id) }
  const directoryOfVendor = { paramsOf: (ask: Parameters<typeof paramsOf>[1]) => paramsOf(known, ask) }
  const leaves: Leave[] = []
  const onLeave = (leave: Leave) => void leaves.push(leave)
  const life = { onLeave, sleep, now: elapsedMs }
  const planeLife = createLife(plane, { ...life, who: 'plane' })
  const lives = hosts.map((host, number) => createLife(host, { ...life, who: nameOfReplica(number) }))
  const troubles: Trouble[] = []
  const vendor = createVendor({
    clock: { elapsedMs, sleep },
    activity: createActivity(),
    directory: directoryOfVendor,
    token: plane.token,
    port: () => Number(new URL(plane.url).port),
  })

  const all = parts.move()
  return {
    ...{ vendor, relay, sleep, plane: planeLife, replicas: lives, leaves },
    onFault: (fault) => {
      const fromMs = elapsedMs()
      const at = troubles.push({ ...troubleOf(fault), fromMs, untilMs: Number.POSITIVE_INFINITY }) - 1
      return () => void troubles.splice(at, 1, { ...troubleOf(fault), fromMs, untilMs: elapsedMs() + aftermathMs })
    },
    evidence: async () => {
      const effects = readEffects(await simulator.mutations(), startedAt)
      const requests = requestTroubles(await simulator.requests(), startedAt)
      for (const life of [...lives, planeLife]) await life.leave()
      return {
        directory: { ...known, allGroups: state.groups.map(({ id }) => id), isMemberAtFirst: () => false },
        told: vendor.told,
        runs: await storedRuns(plane.state, startedAt),
        effects,
        logged: [
          ...loggedBy('plane', plane.lines()),
          ...hosts.flatMap((host, number) => loggedBy(nameOfReplica(number), host.lines())),
        ],
        drains: leaves.flatMap(({ who, ...span }) => (who === 'plane' ? [] : [{ replica: who, ...span }])),
        troubles: [...troubles, ...requests],
      }
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

async function addReplica({ addHost, plane }: SimulatedInstallation, number: number): Promise<AgentHost> {
  const host = await addHost(`replica-${number}`)
  const { code } = await plane.command('code', 'create', agentName)
  await host.enrol(String(code))
  await host.start()
  return host
}

/** Groups that runs may name: not that of everybody, and not those that follow a rule. */
function changeable({ groups }: SimulatedState): SimulatedState['groups'] {
  return groups.slice(1).filter(({ membershipMethod }) => !membershipMethod.startsWith('DYNAMIC'))
}

function policy(state: SimulatedState): string {
  const jobs = [
    'users.list',
    'groups.list',
    'groups.get',
    'groups.members.list',
    'groups.members.add',
    'groups.members.remove',
  ]
  const groups = changeable(state).map(({ id }) => id)
  return `version: 1\nconnections: { main: { allow: [${jobs}], groups: { allow: [${groups}] } } }\n`
}

async function storedRuns(state: string, startedAt: number) {
  const { store } = await openState(state, { random: systemRandom, clock: systemClock })
  await using _ = { [Symbol.asyncDispose]: store.close }
  const listed = await store.runs.list(agentName, { limit: 10_000 })
  const finals = listed.flatMap(({ id, finishedAt }) =>
    finishedAt === null ? [] : [[id, finishedAt - startedAt] as const],
  )
  return await readRuns(store, new Map(finals))
}

function troubleOf(fault: RealFault): Pick<Trouble, 'of' | 'replica'> {
  if (fault.kind === 'cut') return { of: 'link to the plane' }
  return fault.victim === 'plane' ? { of: 'plane' } : { of: 'replica', replica: nameOfReplica(fault.victim) }
}

function loggedBy(host: string, lines: readonly string[]): Logged[] {
  return lines.flatMap((line) => {
    // A process that is killed may leave half a line.
    if (!line.startsWith('{') || !line.endsWith('}')) return []
    const fields = Object(JSON.parse(line))
    return [{ host, level: String(fields.level), event: String(fields.event), fields, atMs: 0 }]
  })
}
