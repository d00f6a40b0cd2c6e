// The named JumpCloud organisations of this agent: each with its own secret, its own client, and what is known of its credential.

import { type ConnectionState, SallyportError } from '@sallyport/protocol'
import type { Configuration, Connection } from './configuration/configuration.ts'
import type { Connector } from './egress/connector.ts'
import { createJumpCloud, type JumpCloud } from './jumpcloud/jumpcloud.ts'
import { readOrganisation } from './jumpcloud/organisation.ts'
import type { JumpCloudLane } from './jumpcloud/port.ts'
import type { Log } from './log.ts'
import type { Clock } from './ports/clock.ts'
import type { Files } from './ports/files.ts'
import type { Random } from './ports/random.ts'
import type { Admission } from './runs/held-run.ts'
import type { LeakGuard } from './vault/leak-guard.ts'
import { readSecret } from './vault/read-secret.ts'
import type { Secret } from './vault/secret.ts'

export type Connections = AsyncDisposable & {
  readonly names: ReadonlySet<string>
  states(): readonly ConnectionState[]
  /** JumpCloud for one run. Rejects with `credential_missing` where there is no usable secret; the next run looks again. */
  lane(admission: Admission, signal: AbortSignal): Promise<JumpCloudLane>
  /** A run ended: without an error code the credential works, with one it may say otherwise. */
  learn(name: string, errorCode: string | undefined): void
  /** Called when a state changed. */
  onChange(listener: () => void): void
}

export type ConnectionsOptions = {
  readonly configuration: Pick<Configuration, 'connections'>
  readonly files: Files
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly guard: LeakGuard
  readonly connector: Connector
  readonly userAgent: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

const rejected =
  'JumpCloud does not accept this credential: it was regenerated, has expired, or is of another region. Put a new one where this one is; the next run reads it.'

type Entry = {
  readonly settings: Connection
  secret: Secret | undefined
  /** The one before, which runs that are under way may still meet. */
  former: Secret | undefined
  /** One reading of the source serves all runs that wait for it. */
  reading: Promise<void> | undefined
  jumpcloud: JumpCloud | undefined
  /** That the secret sees one organisation, where the connection names none; asked once for each secret. */
  proof: { readonly of: Secret; readonly given: Promise<void> } | undefined
  state: ConnectionState['state']
}

/** Reads every secret once, so that the log says at the start what is wrong. A missing one ends nothing. */
export async function openConnections(options: ConnectionsOptions): Promise<Connections> {
  const { configuration, log } = options
  const entries = new Map<string, Entry>()
  const listeners: (() => void)[] = []
  for (const [name, settings] of Object.entries(configuration.connections)) {
    entries.set(name, {
      settings,
      secret: undefined,
      former: undefined,
      reading: undefined,
      jumpcloud: undefined,
      proof: undefined,
      state: 'unproven',
    })
  }

  const become = (name: string, entry: Entry, state: Entry['state']) => {
    if (entry.state === state) return
    entry.state = state
    const advice = state === 'credential_rejected' ? rejected : undefined
    log[advice === undefined ? 'info' : 'error']('connection.state', { connection: name, state, advice })
    for (const listener of listeners) listener()
  }

  const read = async (name: string, entry: Entry): Promise<void> => {
    try {
      const secret = await load(options, name, entry.settings)
      if (entry.former !== undefined) options.guard.forget(entry.former)
      entry.former = entry.secret
      entry.secret = secret
      if (entry.state === 'credential_missing') become(name, entry, 'unproven')
    } catch (error) {
      log.error('credential.missing', { connection: name, error })
      become(name, entry, 'credential_missing')
      throw missing(name, error)
    }
  }

  /** The source is read again whenever the last secret did not work, so that mending it is enough. */
  const open = async (name: string, entry: Entry): Promise<JumpCloud> => {
    if (entry.secret === undefined || entry.state.startsWith('credential_')) {
      entry.reading ??= read(name, entry).finally(() => {
        entry.reading = undefined
      })
      await entry.reading
    }
    entry.jumpcloud ??= client(options, entry)
    return entry.jumpcloud
  }

  // What is wrong is in the log then, and ends nothing: the next run looks again.
  await Promise.allSettled([...entries].map(([name, entry]) => open(name, entry)))

  return {
    names: new Set(entries.keys()),
    states: () => [...entries].map(([name, { state }]) => ({ name, state })),
    lane: async ({ connection, contract, effect }, signal) => {
      const entry = entries.get(connection)
      if (entry === undefined)
        throw new SallyportError('connection_unknown', `this agent has no connection "${connection}"`)
      const jumpcloud = await open(connection, entry)
      await untilAborted(proveOrganisation(entry, jumpcloud), signal)
      return jumpcloud.lane(effect === 'write' ? 'write' : contract.rows === 'one' ? 'interactive' : 'bulk', signal)
    },
    learn: (name, errorCode) => {
      const entry = entries.get(name)
      if (entry === undefined) return
      if (errorCode === undefined) become(name, entry, 'ready')
      if (errorCode === 'credential_rejected') become(name, entry, 'credential_rejected')
    },
    onChange: (listener) => void listeners.push(listener),
    [Symbol.asyncDispose]: async () => {
      for (const { jumpcloud } of entries.values()) await jumpcloud?.[Symbol.asyncDispose]()
    },
  }
}

/** Nothing is done with a secret that sees several organisations while none is named. Throws `organisation_ambiguous`. */
async function proveOrganisation(entry: Entry, jumpcloud: JumpCloud): Promise<void> {
  const { settings, secret } = entry
  if (settings.organisationId !== undefined || secret === undefined) return
  if (entry.proof?.of !== secret) entry.proof = { of: secret, given: readOneOrganisation(jumpcloud) }
  const { proof } = entry
  await proof.given.catch((error: unknown) => {
    if (entry.proof === proof) entry.proof = undefined
    throw error
  })
}

/** What several runs wait for goes on when one of them is cancelled. */
async function untilAborted(waited: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.throwIfAborted()
  signal.addEventListener('abort', abort)
  try {
    await Promise.race([waited, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

async function readOneOrganisation(jumpcloud: JumpCloud): Promise<void> {
  try {
    await readOrganisation(jumpcloud.lane('interactive'))
  } catch (error) {
    // A role that may not list organisations cannot be asked; JumpCloud refuses it where it sees several (2.4 [S]).
    if (error instanceof SallyportError && error.code === 'jumpcloud_forbidden') return
    throw error
  }
}

/** What travels says nothing of the files of the host; the log does. */
function missing(name: string, cause: unknown): SallyportError {
  return new SallyportError(
    'credential_missing',
    `open connection "${name}": the agent's host has no usable JumpCloud credential for it; the log there says what is wrong`,
    { cause },
  )
}

async function load(options: ConnectionsOptions, name: string, settings: Connection): Promise<Secret> {
  const { files, environment, guard, log } = options
  const { secret, notes } = await readSecret({
    connection: name,
    source: settings.credential.source,
    files,
    environment,
  })
  guard.protect(secret, name)
  for (const note of notes) log.warn('credential.note', { connection: name, note })
  return secret
}

function client(options: ConnectionsOptions, entry: Entry): JumpCloud {
  const { connector, userAgent, clock, random } = options
  const { hosts, organisationId, concurrency } = entry.settings
  const where = typeof hosts === 'string' ? { region: hosts } : { baseUrls: hosts }
  return createJumpCloud({
    settings: { ...where, organisationId, concurrency },
    secret: () => {
      if (entry.secret === undefined)
        throw new SallyportError('credential_missing', 'sign a request: there is no secret')
      return entry.secret
    },
    userAgent,
    clock,
    random,
    connector,
  })
}
