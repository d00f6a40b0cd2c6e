// The agent, put together: who is made from what, and in what order things end. Configuration and signals come from outside.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import type { Configuration } from './configuration/configuration.ts'
import { type Connections, openConnections } from './connections/connections.ts'
import { openEgress } from './egress/open-egress.ts'
import type { IdentityFile } from './identity/identity.ts'
import type { Journal } from './journal/journal.ts'
import type { JournalState } from './journal/journal-state.ts'
import type { Family } from './jumpcloud/families.ts'
import type { Entry } from './ledger/entry.ts'
import type { Ledger } from './ledger/ledger.ts'
import { recordConnections } from './ledger/record-connections.ts'
import type { Log } from './log.ts'
import type { Policy } from './policy/policy.ts'
import type { PolicyHome } from './policy/policy-home.ts'
import { enforcePolicy, type PolicyInForce } from './policy/policy-in-force.ts'
import type { Clock } from './ports/clock.ts'
import type { Files } from './ports/files.ts'
import { isPassingTrouble } from './ports/passing-trouble.ts'
import type { Random } from './ports/random.ts'
import { createGate } from './runs/gate.ts'
import { lookUpLanes } from './runs/look-up-lanes.ts'
import { startRecovery } from './runs/recovery.ts'
import { createRuns, type Runs } from './runs/runs.ts'
import { type SessionKeeper, startSessionKeeper } from './session/keep.ts'
import { createLeadKeeper } from './session/lead.ts'
import { createOpenSocket, type OpenSocket } from './session/socket.ts'
import { createToldState, type ToldState } from './session/told-state.ts'
import { gatherStatus } from './status/gather.ts'
import type { StatusSource } from './status/status.ts'
import type { LeakGuard } from './vault/leak-guard.ts'
import { version } from './version.ts'

export type DaemonOptions = {
  readonly configuration: Configuration
  readonly policy: Policy
  /** Default: the policy stays as it is, and no name in it is looked up. */
  readonly policyHome?: PolicyHome
  /** What the credentials are asked for once a session is open. Default: nothing. */
  readonly families?: readonly Family[] | undefined
  readonly identityFile: IdentityFile
  /** Closed by the daemon when it ends. */
  readonly journal: Journal
  /** Closed by the daemon when it ends. */
  readonly ledger: Ledger
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly files: Files
  readonly guard: LeakGuard
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Default: through the connector of the process. */
  readonly openSocket?: OpenSocket
  /** There is a session to the control plane, or none any more, or it is stopping. */
  readonly onStatus?: (() => void) | undefined
}

export type Daemon = StatusSource & {
  /**
   * Stop when idle: takes nothing new, hands back what was not started, lets the rest be answered and stored, and leaves;
   * after `drainMs` it leaves all the same, because a control plane that is away takes no answers.
   */
  drain(): Promise<void>
  /** Asks the control plane for a run, to see it come. False where there is no session to ask in. */
  trial(): boolean
  /** Stop now: leaves the session and aborts what is under way. Both may be called twice, and one after the other. */
  stop(): Promise<void>
}

const renewMs = 1000
const userAgent = `Sallyport/${version}`

/** Starts the agent. Rejects only where its own files are broken; from then on nothing ends it but `drain` or `stop`. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { configuration, identityFile, journal, ledger, clock, random, log } = options
  const startedAt = clock.now()
  const connectorOf = await openEgress(options)
  await proveIdentity(options)
  const stopping = new AbortController()
  const instance = random.bytes(16).toString('base64url')
  ledger.add(startOf(options, instance))
  let draining = false
  const isDraining = () => draining
  const connections = await openConnections({ ...options, connectorOf, userAgent })
  const identity = await identityFile.read()
  const jumpcloud = lookUpLanes(connections, stopping.signal)
  const policy = enforcePolicy({ ...options, agent: identity.agent, jumpcloud })
  const gate = createGate({ policy, connections: connections.names })
  const runs = createRuns({ gate, policy, connections, journal, ledger, clock, log, version })
  await policy.lookUp()
  await recordConnections(ledger, connections)
  const recovery = await startRecovery({ runs, journal, log, onLate: () => keeper.renew() })
  /** Whether what a write does can be written down: both are for that. */
  const journalState = () => (recovery.journalState() === 'ok' ? ledger.state.name : recovery.journalState())
  const told = createToldState({ connections, journalState, policy, ledger })
  const lead = createLeadKeeper(log)
  const openSocket = options.openSocket ?? createOpenSocket({ connector: connectorOf('plane'), userAgent, clock })
  const keeper = startSessionKeeper({
    ...{ ...options, url: configuration.plane.url, openSocket, runs, lead, instance, onChange: options.onStatus },
    introduce: () => ({ ...told.whole(), version, ...journalIdOf(journal), held: [...runs.held()] }),
    onOpen: () => {
      tellState()
      const { families } = options
      if (families !== undefined) connections.probe({ families, jobsOf: policy.jobsOf }, stopping.signal)
    },
  })
  const tellState = tellChanges({ ...options, ...{ connections, policy, runs, keeper, told, isDraining, stopping } })
  for (const watching of [policy, connections]) watching.watch(stopping.signal)
  const of = { identity, instance, version, startedAt }
  const source = gatherStatus({ ...options, ...of, ...{ keeper, lead, policy, connections, runs, isDraining } })
  log.info('agent.started', { version, connections: connections.states(), policy: policy.digest })

  const stop = stopOnce({ ...options, keeper, connections, stopping })
  return {
    ...source,
    drain: async () => {
      draining = true
      options.onStatus?.()
      tellState()
      await Promise.race([runs.drain(), overdue(options, runs, stopping.signal)])
      await stop()
    },
    trial: () => {
      const [first] = connections.states().toSorted((a, b) => Number(b.state === 'ready') - Number(a.state === 'ready'))
      if (keeper.session === undefined || first === undefined) return false
      void keeper.session.send(JSON.stringify({ type: 'trial', connection: first.name }))
      return true
    },
    stop,
  }
}

/** On a disk that is full just now there is no session, because none could be counted, until there is room. */
async function proveIdentity({ identityFile, log }: DaemonOptions): Promise<void> {
  await identityFile.prove().catch((error: unknown) => {
    if (!(error instanceof SallyportError && isPassingTrouble(error.cause))) throw error
    log.error('identity.unwritable', { error })
  })
}

/** Resolves when there was time enough, or it is stopped anyhow. */
async function overdue(
  { configuration: { drainMs }, clock, log }: DaemonOptions,
  runs: Pick<Runs, 'held'>,
  signal: AbortSignal,
): Promise<void> {
  const isOver = await clock.sleep(drainMs, signal).then(
    () => true,
    () => false,
  )
  if (isOver) log.warn('agent.drain_overdue', { held: runs.held().length, drainMs })
}

type Told = Pick<DaemonOptions, 'journal' | 'ledger' | 'clock' | 'log'> & {
  readonly connections: Connections
  readonly policy: PolicyInForce
  readonly runs: Runs
  readonly keeper: SessionKeeper
  readonly told: ToldState
  readonly isDraining: () => boolean
  readonly stopping: AbortController
}

/** Sees to it that the plane is told what changes; what it returns tells it what has changed since. */
function tellChanges(parts: Told): () => void {
  const { journal, ledger, clock, log, connections, policy, runs, keeper, told, isDraining, stopping } = parts
  const say = (text: string | undefined) => {
    if (text !== undefined) void keeper.session?.send(text)
  }
  const tellState = () => {
    if (keeper.session !== undefined) say(told.changed(isDraining() ? 'draining' : 'serving'))
  }
  for (const source of [connections, ledger]) source.onChange(tellState)
  ledger.onSealed((signed) => {
    if (keeper.session !== undefined) say(told.sealed(signed))
  })
  policy.onChange((change) => {
    ledger.add(change === 'policy' ? { kind: 'policy.changed', policy: policy.digest } : { kind: change })
    if (change === 'panic.began') runs.halt()
    tellState()
  })
  /** Another file is there, and what is sent from now on is to be sent under its id; what is handed back now is said before. */
  const renewSession = () => {
    clock.sleep(renewMs, stopping.signal).then(
      () => keeper.renew(),
      () => {},
    )
  }
  if (journal.state.name !== 'ok') logState(journal.state, log)
  journal.onChange((state) => {
    logState(state, log)
    tellState()
    if (state.name === 'lost') renewSession()
  })
  return tellState
}

type Ending = Pick<DaemonOptions, 'journal' | 'ledger' | 'log'> & {
  readonly keeper: SessionKeeper
  readonly connections: Connections
  readonly stopping: AbortController
}

function stopOnce({ journal, ledger, log, keeper, connections, stopping }: Ending): () => Promise<void> {
  const end = async () => {
    stopping.abort()
    await keeper.stop()
    // Before its calls are cut: what becomes of a change then is looked at by the next process, and not written down as unknown.
    ledger.add({ kind: 'agent.stopped' })
    await Promise.all([journal.close(), ledger.close()]).finally(() => connections[Symbol.asyncDispose]())
    log.info('agent.stopped')
  }
  let ended: Promise<void> | undefined
  return () => {
    ended ??= end()
    return ended
  }
}

function journalIdOf({ id }: Pick<Journal, 'id'>): { readonly journalId?: string } {
  return id === undefined ? {} : { journalId: id }
}

function startOf({ configuration, policy }: DaemonOptions, instance: string): Entry {
  const connections = Object.keys(configuration.connections)
  return { kind: 'agent.started', version, instance, policy: policy.digest, connections }
}

function logState({ name, message }: JournalState, log: Log): void {
  log[name === 'ok' ? 'info' : 'error']('journal.state', { state: name, message })
}
