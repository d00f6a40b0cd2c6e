// The agent, put together: who is made from what, and in what order things end. Configuration and signals come from outside.

import type { Configuration } from './configuration/configuration.ts'
import { openConnections } from './connections/connections.ts'
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
import { enforcePolicy } from './policy/policy-in-force.ts'
import type { Clock } from './ports/clock.ts'
import type { Files } from './ports/files.ts'
import type { Random } from './ports/random.ts'
import { createGate } from './runs/gate.ts'
import { lookUpLanes } from './runs/look-up-lanes.ts'
import { startRecovery } from './runs/recovery.ts'
import { createRuns } from './runs/runs.ts'
import { startSessionKeeper } from './session/keep.ts'
import { createLeadKeeper } from './session/lead.ts'
import type { OpenSession } from './session/session.ts'
import { createOpenSocket, type OpenSocket } from './session/socket.ts'
import { createToldState } from './session/told-state.ts'
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
}

export type Daemon = {
  /**
   * Stop when idle: takes nothing new, hands back what was not started, lets the rest be answered and stored, and leaves;
   * after `drainMs` it leaves all the same, because a control plane that is away takes no answers.
   */
  drain(): Promise<void>
  /** Stop now: leaves the session and aborts what is under way. Both may be called twice, and one after the other. */
  stop(): Promise<void>
}

const renewMs = 1000

/** Starts the agent. Rejects only where its own files are broken; from then on nothing ends it but `drain` or `stop`. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { configuration, identityFile, journal, ledger, guard, clock, random, log } = options
  const userAgent = `Sallyport/${version}`
  const connectorOf = await openEgress(options)
  await identityFile.prove()
  const stopping = new AbortController()
  const instance = random.bytes(16).toString('base64url')
  ledger.add(startOf(options, instance))
  let draining = false
  const connections = await openConnections({ ...options, connectorOf, userAgent })
  const { agent } = await identityFile.read()
  const policy = enforcePolicy({ ...options, agent, jumpcloud: lookUpLanes(connections, stopping.signal) })
  const gate = createGate({ policy, connections: connections.names })
  const runs = createRuns({ gate, policy, connections, journal, ledger, clock, log, version })
  await policy.lookUp()
  await recordConnections(ledger, connections)
  const recovery = await startRecovery({ runs, journal, log, onLate: () => keeper.renew() })
  /** Whether what a write does can be written down: both are for that. */
  const journalState = () => (recovery.journalState() === 'ok' ? ledger.state.name : recovery.journalState())
  const told = createToldState({ connections, journalState, policy, ledger })
  const keeper = startSessionKeeper({
    url: configuration.plane.url,
    identityFile,
    openSocket: options.openSocket ?? createOpenSocket({ connector: connectorOf('plane'), userAgent, clock }),
    runs,
    introduce: () => ({
      ...told.whole(),
      version,
      ...(journal.id === undefined ? {} : { journalId: journal.id }),
      held: [...runs.held()],
    }),
    onOpen: (session) => {
      tellState(session)
      if (options.families !== undefined)
        connections.probe({ families: options.families, jobsOf: policy.jobsOf }, stopping.signal)
    },
    lead: createLeadKeeper(log),
    ...{ instance, ledger, guard, clock, random, log },
  })
  const tellState = (session: OpenSession | undefined) => {
    const text = session && told.changed(draining ? 'draining' : 'serving')
    if (text !== undefined) void session?.send(text)
  }
  for (const source of [connections, ledger]) source.onChange(() => tellState(keeper.session))
  ledger.onSealed((signed) => {
    const text = keeper.session && told.sealed(signed)
    if (text !== undefined) void keeper.session?.send(text)
  })
  policy.onChange((change) => {
    ledger.add(change === 'policy' ? { kind: 'policy.changed', policy: policy.digest } : { kind: change })
    if (change === 'panic.began') runs.halt()
    tellState(keeper.session)
  })
  for (const watching of [policy, connections]) watching.watch(stopping.signal)
  /** Another file is there, and what is sent from now on is to be sent under its id; what is handed back now is said before. */
  const renewSession = () => {
    clock.sleep(renewMs, stopping.signal).then(
      () => keeper.renew(),
      () => {},
    )
  }
  journal.onChange((state) => {
    logState(state, log)
    tellState(keeper.session)
    if (state.name === 'lost') renewSession()
  })
  if (journal.state.name !== 'ok') logState(journal.state, log)
  log.info('agent.started', { version, connections: connections.states(), policy: policy.digest })

  const end = async () => {
    stopping.abort()
    await keeper.stop()
    // Before its calls are cut: what becomes of a change then is looked at by the next process, and not written down as unknown.
    ledger.add({ kind: 'agent.stopped' })
    await Promise.all([journal.close(), ledger.close()]).finally(() => connections[Symbol.asyncDispose]())
    log.info('agent.stopped')
  }
  let ended: Promise<void> | undefined
  const stop = () => {
    ended ??= end()
    return ended
  }
  const patience = async () => {
    await clock.sleep(configuration.drainMs, stopping.signal)
    log.warn('agent.drain_overdue', { held: runs.held().length, drainMs: configuration.drainMs })
  }
  return {
    drain: async () => {
      draining = true
      tellState(keeper.session)
      await Promise.race([runs.drain(), patience().catch(() => {})])
      await stop()
    },
    stop,
  }
}

function startOf({ configuration, policy }: DaemonOptions, instance: string): Entry {
  const connections = Object.keys(configuration.connections)
  return { kind: 'agent.started', version, instance, policy: policy.digest, connections }
}

function logState({ name, message }: JournalState, log: Log): void {
  log[name === 'ok' ? 'info' : 'error']('journal.state', { state: name, message })
}
