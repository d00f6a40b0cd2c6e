// The host of one replica: a whole agent by virtual time, with its files in a folder, and links of its own to the control
// plane and to JumpCloud. It can be drained and started again, and it can crash: each process has links and files of its own,
// so nothing that a dead one still does gets anywhere.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { configurationSchema } from '../../agent/configuration/configuration.ts'
import { type Daemon, startDaemon } from '../../agent/daemon.ts'
import { type IdentityFile, openIdentityFile } from '../../agent/identity/identity.ts'
import { type Journal, openJournal } from '../../agent/journal/journal.ts'
import { readJournalKey } from '../../agent/journal/journal-key.ts'
import { type Ledger, openLedger } from '../../agent/ledger/ledger.ts'
import { createLog } from '../../agent/log.ts'
import type { Policy } from '../../agent/policy/policy.ts'
import { systemFiles } from '../../agent/ports/files.ts'
import { systemRandom } from '../../agent/ports/random.ts'
import { createLeakGuard } from '../../agent/vault/leak-guard.ts'
import type { Activity } from './activity.ts'
import type { HostLog } from './host-log.ts'
import { type Link, startLink } from './link.ts'
import { createStateDirectory } from './state-directory.ts'
import type { HostClock, VirtualClock } from './virtual-clock.ts'

/** What a link leads to. */
export type Far = 'plane' | 'jumpcloud'

export type ReplicaHost = AsyncDisposable & {
  readonly name: string
  /** As it is enrolled. */
  readonly id: string
  /** Of the process that runs; undefined while there is none. */
  link(far: Far): Link | undefined
  readonly isUp: boolean
  start(): Promise<void>
  /** As SIGTERM does it; resolves when the process would end, or crashed meanwhile. */
  drain(): Promise<void>
  /** As a second SIGTERM does it; nothing where no process is draining. */
  hurry(): void
  crash(how: 'reset' | 'silent'): void
  jump(ms: number): void
  /** Of the process that runs, how long each was set for. */
  timersMs(): readonly number[]
  /** Of those that ended in order, as `timersMs`: there are none where all of them were called off. */
  leftTimersMs(): readonly number[]
  /** How many rows its journal has that it needs for nothing any more once all runs are over. */
  journalRows(): Readonly<Record<string, number>>
}

export type ReplicaHostOptions = {
  readonly name: string
  readonly folder: string
  readonly clock: VirtualClock
  readonly activity: Activity
  readonly log: HostLog
  readonly policy: Policy
  /** The JumpCloud credential. */
  readonly key: string
  /** At least 0, less than 1: of the replica's jitter. */
  readonly fraction: () => number
  readonly port: (far: Far) => number | undefined
  readonly enrol: (file: IdentityFile) => Promise<void>
  /** It said something to nobody. */
  readonly onUnheard: (far: Far) => void
}

type Process = {
  readonly daemon: Daemon
  readonly clock: HostClock
  readonly links: Readonly<Record<Far, Link>>
  readonly log: ReturnType<HostLog['agent']>
  readonly journal: Journal
  readonly ledger: Ledger
  readonly died: PromiseWithResolvers<void>
}

export async function createReplicaHost(options: ReplicaHostOptions): Promise<ReplicaHost> {
  const { name, folder } = options
  const state = createStateDirectory(folder, name)
  const keyFile = join(folder, `${name}.key`)
  writeFileSync(keyFile, options.key, { mode: 0o600 })
  await options.enrol(openIdentityFile(state.path))
  const { replica: id } = await openIdentityFile(state.path).read()
  const links = new AsyncDisposableStack()
  const dead: Process[] = []
  const left: number[] = []
  let current: Process | undefined
  let draining: Process | undefined
  let starting: Promise<void> | undefined
  let jumpedMs = 0

  const begin = async () => {
    if (current !== undefined) return
    const begun = await startProcess(options, { state: state.path, keyFile, links })
    begun.clock.jump(jumpedMs)
    current = begun
  }
  const crash = (how: 'reset' | 'silent') => {
    if (current === undefined) return
    const { clock, log } = current
    state.abandon()
    clock.freeze()
    log.mute()
    for (const link of Object.values(current.links)) link.sever(how)
    current.died.resolve()
    dead.push(current)
    current = undefined
  }

  return {
    ...{ name, id },
    link: (far) => current?.links[far],
    get isUp() {
      return current !== undefined
    },
    start: () => {
      starting ??= begin().finally(() => {
        starting = undefined
      })
      return starting
    },
    drain: async () => {
      draining = current
      if (draining === undefined) return
      const leaving = draining
      await Promise.race([leaving.daemon.drain(), leaving.died.promise])
      if (draining === leaving) draining = undefined
      if (current !== leaving) return
      current = undefined
      left.push(...leaving.clock.timersMs())
    },
    hurry: () => {
      if (draining === undefined || draining !== current) return
      void draining.daemon.stop()
    },
    crash,
    jump: (ms) => {
      jumpedMs += ms
      current?.clock.jump(ms)
    },
    timersMs: () => current?.clock.timersMs() ?? [],
    leftTimersMs: () => left,
    journalRows: () => countRows(state.path),
    [Symbol.asyncDispose]: async () => {
      await current?.daemon.stop()
      await links.disposeAsync()
      for (const { daemon, journal, ledger } of dead) {
        // It never ends, but its signals are aborted: Node keeps those that somebody listens to.
        void daemon.stop()
        await journal.close()
        await ledger.close()
      }
    },
  }
}

type Place = { readonly state: string; readonly keyFile: string; readonly links: AsyncDisposableStack }

async function startProcess(options: ReplicaHostOptions, { state, keyFile, links }: Place): Promise<Process> {
  const { clock, activity, port, policy, fraction, onUnheard } = options
  const to = async (far: Far) =>
    links.use(await startLink({ clock, activity, target: () => port(far), onUnheard: () => onUnheard(far) }))
  const [plane, jumpcloud] = [await to('plane'), await to('jumpcloud')]
  const hostClock = clock.host()
  const log = options.log.agent(options.name)
  const guard = createLeakGuard()
  const { url } = jumpcloud
  mkdirSync(state, { recursive: true })
  const system = { files: systemFiles, clock: hostClock, random: { ...systemRandom, fraction } }
  const identityFile = busyFile(openIdentityFile(state), activity)
  const agentLog = createLog({ level: 'debug', write: log.write, guard, clock: hostClock })
  const key = await readJournalKey({ ...system, stateDirectory: state, credentialsDirectory: undefined })
  const journal = await openJournal({ ...system, stateDirectory: state, key, log: agentLog, identityFile })
  const configuration = configurationSchema.parse({
    plane: { url: plane.url },
    connections: { main: { baseUrls: { console: url, api: url }, credential: { file: keyFile } } },
  })
  const ledger = await openLedger({
    ...{ ...system, stateDirectory: state, guard, log: agentLog, settings: configuration.ledger },
    identity: await identityFile.read(),
  })
  const kept = { policy, identityFile, journal, ledger }
  const daemon = await startDaemon({ ...system, ...kept, guard, environment: {}, log: agentLog, configuration })
  return { daemon, clock: hostClock, links: { plane, jumpcloud }, log, journal, ledger, died: Promise.withResolvers() }
}

/** While the disk works, time stands still. */
function busyFile(file: IdentityFile, activity: Activity): IdentityFile {
  return {
    ...file,
    read: () => activity.during(file.read()),
    prove: () => activity.during(file.prove()),
    nextCounter: () => activity.during(file.nextCounter()),
    journalUseCount: () => activity.during(file.journalUseCount()),
    keepJournalUseCount: (count) => activity.during(file.keepJournalUseCount(count)),
    pinKeys: (keys) => activity.during(file.pinKeys(keys)),
  }
}

/** Of a write it keeps what was answered. */
const passing = {
  'runs that are not over': 'runs WHERE forgottenAt IS NULL',
  'pages of reads': "pages JOIN runs ON runs.id = pages.run WHERE effect = 'read'",
  'places to go on from': 'progress',
  intents: 'intents',
}

function countRows(stateDirectory: string): Readonly<Record<string, number>> {
  using journal = new DatabaseSync(join(stateDirectory, 'journal.db'), { readOnly: true })
  const count = (rows: string) => Number(journal.prepare(`SELECT count(*) AS count FROM ${rows}`).get()?.count)
  return Object.fromEntries(Object.entries(passing).map(([what, rows]) => [what, count(rows)]))
}
