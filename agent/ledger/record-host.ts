// What the ledger is told of the agent as a whole: its beginning and its end, and how its connections fare.

import type { ConnectionState } from '@sallyport/protocol'
import type { Log } from '../log.ts'
import type { Policy } from '../policy/policy.ts'
import type { Ledger } from './ledger.ts'

export type HostRecording = {
  readonly ledger: Ledger
  readonly connections: { states(): readonly ConnectionState[]; onChange(listener: () => void): void }
  readonly version: string
  readonly instance: string
  readonly policy: Pick<Policy, 'digest'>
  readonly log: Log
}

/** Begins, and resolves when the beginning is on the disk, or cannot be brought there now. */
export async function recordHost(recording: HostRecording): Promise<void> {
  const { ledger, connections, version, instance, policy, log } = recording
  const named = connections.states().map(({ name }) => name)
  ledger.add({ kind: 'agent.started', version, instance, policy: policy.digest, connections: named })
  const told = new Map<string, ConnectionState['state']>()
  const tellConnections = () => {
    for (const { name, state } of connections.states()) {
      if (told.get(name) === state) continue
      told.set(name, state)
      ledger.add({ kind: 'connection.changed', connection: name, state })
    }
  }
  tellConnections()
  connections.onChange(tellConnections)
  const tellState = () => {
    const { name, message } = ledger.state
    log[name === 'ok' ? 'info' : 'error']('ledger.state', { state: name, message })
  }
  if (ledger.state.name !== 'ok') tellState()
  ledger.onChange(tellState)
  await ledger.seal()
}
