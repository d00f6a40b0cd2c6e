// An agent in this process, as `sallyport start` would put it together, with its files in a folder of its own, its log in
// hand and its time and chance as the test wants them.

import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jobs } from '@sallyport/protocol'
import { configurationSchema } from '../../agent/configuration/configuration.ts'
import { type Daemon, startDaemon } from '../../agent/daemon.ts'
import { type IdentityFile, openIdentityFile } from '../../agent/identity/identity.ts'
import { makeReplicaKey } from '../../agent/identity/replica-key.ts'
import { type Journal, openJournal } from '../../agent/journal/journal.ts'
import { readJournalKey } from '../../agent/journal/journal-key.ts'
import type { Family } from '../../agent/jumpcloud/families.ts'
import { type Ledger, openLedger } from '../../agent/ledger/ledger.ts'
import { createLog, type Log } from '../../agent/log.ts'
import { createPolicy } from '../../agent/policy/policy.ts'
import { openPolicyHome } from '../../agent/policy/policy-home.ts'
import { type Clock, systemClock } from '../../agent/ports/clock.ts'
import { systemFiles } from '../../agent/ports/files.ts'
import { type Random, systemRandom } from '../../agent/ports/random.ts'
import { createLeakGuard } from '../../agent/vault/leak-guard.ts'
import type { PlanePeer } from './plane-peer.ts'

type Line = Readonly<Record<string, unknown>>

export type SecretFiles = {
  /** Holds the JumpCloud key; write another into it to mend it. */
  readonly keyFile: string
  /** The same for the credential of changes, where `main` names one. */
  readonly writerFile: string
}

export type RunningAgent = AsyncDisposable &
  SecretFiles & {
    readonly daemon: Daemon
    readonly identityFile: IdentityFile
    /** Where its policy is read from, if it watches it. */
    readonly policyFile: string
    readonly ledger: Ledger
    readonly stateDirectory: string
    readonly lines: readonly Line[]
    /** The same as they were written. */
    readonly texts: readonly string[]
    /** The first line of this event, past or to come; `after` past ones do not count. */
    line(event: string, after?: number): Promise<Line>
  }

export type AgentOptions = {
  readonly plane: Pick<PlanePeer, 'url' | 'id' | 'statement' | 'admit'>
  /** Default: an address at which nothing listens. */
  readonly jumpcloudUrl?: string
  /** Default: a key that fits nowhere; undefined for no file. */
  readonly key?: string | undefined
  /** What the configuration says of the connection besides; or instead. */
  readonly main?: (secrets: SecretFiles) => object
  /** Text of a policy file; without it plain reads are allowed. */
  readonly policy?: string
  /** The policy is read from its file, which is watched, and names in it are looked up. */
  readonly watchesPolicy?: boolean
  readonly clock?: Clock
  /** Default: in a folder of its own. */
  readonly identityFile?: IdentityFile
  readonly replica?: string
  /** Where `journal.db` lies; default: in the folder of this agent. */
  readonly stateDirectory?: string
  /** Default: one that comes back at once. */
  readonly random?: Random
  /** What the credential is asked for; default: nothing. */
  readonly families?: readonly Family[]
  /** What stands before the journal; default: nothing. */
  readonly wrapJournal?: (journal: Journal) => Journal
}

const eager: Random = { ...systemRandom, fraction: () => 0 }

const someKey = 'jca_0123456789abcdefghijklmnopqrstuv'

export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { plane, clock = systemClock, random = eager } = options
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-agent-'))
  const secrets = { keyFile: join(directory, 'jumpcloud.key'), writerFile: join(directory, 'writer.key') }
  const { key } = { key: someKey, ...options }
  if (key !== undefined) await writeFile(secrets.keyFile, key, { mode: 0o600 })
  const { identityFile = openIdentityFile(directory), replica } = options
  await enrolAt(plane, identityFile, replica)

  const [told, guard] = [createLines(), createLeakGuard()]
  const log = createLog({ level: 'debug', write: told.write, guard, clock })
  const stateDirectory = options.stateDirectory ?? directory
  const journal = await openJournalIn(stateDirectory, clock, log)
  const configuration = configurationSchema.parse({
    plane: { url: plane.url },
    connections: { main: mainOf(options, secrets) },
  })
  const ledger = await openLedger({
    ...{ stateDirectory, guard, clock, log, settings: configuration.ledger },
    identity: await identityFile.read(),
  })
  const daemon = await startDaemon({
    configuration,
    ...(await policyOf(options, { directory, stateDirectory })),
    identityFile,
    journal: options.wrapJournal?.(journal) ?? journal,
    ...{ ledger, families: options.families, environment: {}, files: systemFiles, guard, clock, random, log },
  })
  return {
    daemon,
    identityFile,
    ...secrets,
    policyFile: policyFileIn(directory),
    ledger,
    stateDirectory,
    lines: told.lines,
    texts: told.texts,
    line: told.line,
    [Symbol.asyncDispose]: async () => {
      await daemon.stop()
      await rm(directory, { recursive: true })
    },
  }
}

const policyFileIn = (directory: string) => join(directory, 'policy.yaml')

async function policyOf(
  { policy: text, watchesPolicy }: AgentOptions,
  { directory, stateDirectory }: { readonly directory: string; readonly stateDirectory: string },
) {
  const path = policyFileIn(directory)
  if (text !== undefined) await writeFile(path, text)
  const effects = new Map(Object.entries(jobs).map(([name, { effect }]) => [name, effect]))
  const policy = createPolicy({
    jobs: effects,
    file: text === undefined ? undefined : { path: '/etc/sallyport/policy.yaml', text },
  })
  if (!watchesPolicy) return { policy }
  const system = { files: systemFiles, random: systemRandom }
  return {
    policy,
    policyHome: openPolicyHome({
      ...system,
      stateDirectory,
      jobs: effects,
      findPath: () => (existsSync(path) ? path : undefined),
    }),
  }
}

function mainOf({ jumpcloudUrl = 'http://127.0.0.1:9', main }: AgentOptions, secrets: SecretFiles) {
  return {
    baseUrls: { console: jumpcloudUrl, api: jumpcloudUrl, oauth: jumpcloudUrl },
    credential: { file: secrets.keyFile },
    ...main?.(secrets),
  }
}

async function openJournalIn(stateDirectory: string, clock: Clock, log: Log): Promise<Journal> {
  const place = { stateDirectory, random: systemRandom }
  const key = await readJournalKey({ ...place, credentialsDirectory: undefined, files: systemFiles })
  return openJournal({ ...place, key, clock, log })
}

/** As if it were enrolled. */
export async function enrolAt(
  plane: AgentOptions['plane'],
  identityFile: IdentityFile,
  replica = 'replica-1',
): Promise<void> {
  const key = makeReplicaKey()
  plane.admit(key.x)
  await identityFile.write({
    ...{ version: 1, agent: 'acme', replica, key, counter: 0 },
    plane: { id: plane.id, keys: plane.statement },
  })
}

function createLines() {
  const lines: Line[] = []
  const texts: string[] = []
  const looking = new Set<() => void>()
  return {
    lines,
    texts,
    write: (text: string) => {
      texts.push(text)
      lines.push(JSON.parse(text))
      for (const look of [...looking]) look()
    },
    line: (event: string, after = 0): Promise<Line> => {
      const { promise, resolve } = Promise.withResolvers<Line>()
      const look = () => {
        const found = lines.slice(after).find((line) => line.event === event)
        if (found === undefined) return
        looking.delete(look)
        resolve(found)
      }
      looking.add(look)
      look()
      return promise
    },
  }
}
