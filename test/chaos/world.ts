// Everything of one seed, in this process and in a folder of its own: a simulated JumpCloud, a control plane, the replicas of
// one agent, and a vendor, all on one virtual clock.

import { jobs } from '@sallyport/protocol'
import { enrol } from '../../agent/enrolment/enrol.ts'
import type { IdentityFile } from '../../agent/identity/identity.ts'
import { handlers } from '../../agent/jobs.generated.ts'
import { createPolicy, type Policy } from '../../agent/policy/policy.ts'
import { systemRandom } from '../../agent/ports/random.ts'
import { isHeld } from '../../control-plane/runs/step.ts'
import { createDraw } from '../support/jumpcloud/random.ts'
import { type JumpCloud, startJumpCloud } from '../support/jumpcloud/start.ts'
import { createActivity } from './activity.ts'
import { arrangeDirectory, type Directory } from './directory.ts'
import { type Drain, type Evidence, readEffects, readRuns } from './evidence.ts'
import type { Fault } from './fault.ts'
import { createHostLog, type Logged } from './host-log.ts'
import type { Victims } from './inflict.ts'
import { checkLogs } from './invariants/logs.ts'
import { createPlaneHost, type PlaneHost } from './plane-host.ts'
import { createReplicaHost, type Far, type ReplicaHost, type ReplicaHostOptions } from './replica-host.ts'
import type { Schedule } from './schedule.ts'
import { nameOfReplica, requestTroubles, type Trouble, troublesOf, unheardTrouble } from './trouble.ts'
import { createVendor, type Vendor } from './vendor.ts'
import { createVirtualClock, type VirtualClock, worldStartAt } from './virtual-clock.ts'

export type World = AsyncDisposable &
  Victims & {
    readonly vendor: Vendor
    /** What was logged as an error so far. */
    errors(): readonly string[]
    /** What each host said last. */
    lastWords(): readonly string[]
    /** Reads what is known so far; the plane must be up. */
    evidence(): Promise<Evidence>
  }

type Inflicted = { readonly fault: Fault; readonly fromMs: number; untilMs: number }

/** Of what a host logged. */
const wordsCount = 8

export async function startWorld(schedule: Schedule, folder: string): Promise<World> {
  await loadJobs()
  await using parts = new AsyncDisposableStack()
  const activity = createActivity()
  const clock = createVirtualClock(activity)
  const log = createHostLog(clock.elapsedMs)
  const finalAtMs = new Map<string, number>()
  const drains: Drain[] = []
  const faults: Inflicted[] = []
  const unheard: Trouble[] = []

  const simulator = parts.use(await startSimulator(schedule, clock))
  const directory = arrangeDirectory(simulator, schedule)
  const onFinal = (run: string) => void (finalAtMs.has(run) || finalAtMs.set(run, clock.elapsedMs()))
  const plane = parts.use(await createPlaneHost({ folder, clock, log, onFinal }))
  await plane.start()
  const onUnheard = (replica: string, far: Far) => void unheard.push(unheardTrouble(replica, far, clock.elapsedMs()))
  const surroundings = { folder, clock, activity, log, plane, simulator, directory, onUnheard }
  const replicas = await startReplicas(parts, { schedule, ...surroundings })
  const token = await createVendorToken(plane)
  const vendor = createVendor({ clock, activity, directory, token, port: plane.port })

  const holderOf = async (submission: number) => {
    const id = vendor.told.find((one) => one.submission.number === submission)?.runs[0]
    if (id === undefined || plane.port() === undefined) return undefined
    const run = await plane.running().store.runs.get(id)
    return run !== undefined && isHeld(run.state) ? replicas.find((replica) => replica.id === run.replica) : undefined
  }
  const owned = parts.move()
  return {
    ...{ clock, plane, replicas, simulator, vendor, holderOf },
    onDrain: (drain) => void drains.push(drain),
    onFault: (fault) => {
      const inflicted: Inflicted = { fault, fromMs: clock.elapsedMs(), untilMs: Number.POSITIVE_INFINITY }
      faults.push(inflicted)
      return () => {
        inflicted.untilMs = clock.elapsedMs()
      }
    },
    errors: () => checkLogs({ logged: log.lines }),
    lastWords: () => [...Map.groupBy(log.lines, ({ host }) => host)].map(([host, lines]) => tellLast(host, lines)),
    evidence: async () => ({
      ...{ directory, drains },
      told: vendor.told,
      runs: await readRuns(plane.running().store, finalAtMs),
      effects: readEffects(simulator.mutations, worldStartAt),
      logged: log.lines,
      troubles: [
        ...faults.flatMap(({ fault, ...span }) => troublesOf(fault, span)),
        ...unheard,
        ...requestTroubles(simulator.requests, worldStartAt),
      ],
    }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function startSimulator({ seed, userCount, groupCount }: Schedule, clock: VirtualClock): Promise<JumpCloud> {
  return startJumpCloud({
    seed: `chaos/${seed}`,
    users: userCount,
    // That of everybody, and one that follows a rule, besides those that runs may name.
    groups: groupCount + 2,
    dynamicGroups: 1,
    membersPerGroup: 0,
    events: 0,
    clock: { now: () => worldStartAt + clock.elapsedMs(), after: clock.after },
  })
}

/** Each is loaded when it is first needed: meanwhile nobody would seem to be at work, and the time would go on. */
async function loadJobs(): Promise<void> {
  const contracts = Object.values(jobs).map(({ load }) => load())
  await Promise.all([...contracts, ...Object.values(handlers).map((load) => load())])
}

type Surroundings = Pick<ReplicaHostOptions, 'folder' | 'clock' | 'activity' | 'log'> & {
  readonly schedule: Schedule
  readonly plane: PlaneHost
  readonly simulator: JumpCloud
  readonly directory: Directory
  readonly onUnheard: (replica: string, far: Far) => void
}

async function startReplicas(parts: AsyncDisposableStack, { schedule, ...surroundings }: Surroundings) {
  const { plane, simulator, directory, onUnheard } = surroundings
  const jumpcloudPort = Number(new URL(simulator.url).port)
  const shared = {
    ...surroundings,
    policy: policyFor(directory),
    key: simulator.keys.administrator,
    port: (far: Far) => (far === 'plane' ? plane.port() : jumpcloudPort),
    enrol: (identityFile: IdentityFile) => enrolAt(plane, identityFile),
  }
  const replicas: ReplicaHost[] = []
  for (let number = 0; number < schedule.replicaCount; number += 1) {
    const draw = createDraw(`chaos/${schedule.seed}/${number}`)
    const fraction = () => draw.integer(2 ** 30) / 2 ** 30
    const name = nameOfReplica(number)
    const own = { name, fraction, onUnheard: (far: Far) => onUnheard(name, far) }
    const replica = parts.use(await createReplicaHost({ ...shared, ...own }))
    await replica.start()
    replicas.push(replica)
  }
  return replicas
}

async function enrolAt(plane: PlaneHost, identityFile: IdentityFile): Promise<void> {
  const { administration } = plane.running().plane
  const { text: code } = await administration.createCode('chaos', 'acme')
  const post = (_url: string, request: unknown) => administration.enrol(request)
  await enrol({ url: 'http://127.0.0.1:1', code, version: '0.0.0', identityFile, random: systemRandom, post })
}

function policyFor({ groups }: Directory): Policy {
  const names = Object.keys(jobs)
  const text = `version: 1\nconnections: { main: { allow: [${names}], groups: { allow: [${groups}] } } }\n`
  const effects = new Map(Object.entries(jobs).map(([name, { effect }]) => [name, effect]))
  return createPolicy({ jobs: effects, file: { path: 'policy.yaml', text } })
}

async function createVendorToken(plane: PlaneHost): Promise<string> {
  const scopes = ['runs:read', 'runs:write']
  const ttlMs = 30 * 24 * 60 * 60 * 1000
  return (await plane.running().plane.administration.createToken('chaos', { name: 'vendor', scopes, ttlMs })).text
}

function tellLast(host: string, lines: readonly Logged[]): string {
  const words = lines.slice(-wordsCount).map(({ event, atMs }) => `${event} at ${atMs} ms`)
  return `${host} said last: ${words.join(', ')}`
}
