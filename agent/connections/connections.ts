// The named JumpCloud organisations of this agent. What is known of each is its own business; this finds it by its name.

import { type ConnectionState, SallyportError } from '@sallyport/protocol'
import type { Configuration } from '../configuration/configuration.ts'
import type { Connector } from '../egress/connector.ts'
import type { JumpCloudLane } from '../jumpcloud/port.ts'
import type { Admission } from '../runs/gate.ts'
import { Connection, type ConnectionOptions, type RunRecords } from './connection.ts'
import type { Probing } from './watch-capabilities.ts'

export type Connections = AsyncDisposable & {
  readonly names: ReadonlySet<string>
  states(): readonly ConnectionState[]
  /** JumpCloud for one run. Rejects with `credential_missing` where there is no usable secret; the next run looks again. */
  lane(admission: Admission, signal: AbortSignal, records?: RunRecords): Promise<JumpCloudLane>
  /** A run ended: without an error code the credential works, with one it may say otherwise. */
  learn(name: string, errorCode: string | undefined): void
  /** Looks for other secrets until the signal is aborted. */
  watch(signal: AbortSignal): void
  /** Finds out, once there is time, what each credential can do, until the signal is aborted. Later calls do nothing. */
  probe(probing: Probing, signal: AbortSignal): void
  /** Called when a state changed. */
  onChange(listener: () => void): void
}

export type ConnectionsOptions = Omit<ConnectionOptions, 'name' | 'settings' | 'changed' | 'connector'> & {
  readonly connectorOf: (leg: `connections.${string}`) => Connector
  readonly configuration: Pick<Configuration, 'connections'>
}

/** Reads every secret once, so that the log says at the start what is wrong. A missing one ends nothing. */
export async function openConnections({
  configuration,
  connectorOf,
  ...host
}: ConnectionsOptions): Promise<Connections> {
  const listeners: (() => void)[] = []
  const changed = () => {
    for (const listener of listeners) listener()
  }
  const connections = new Map(
    Object.entries(configuration.connections).map(([name, settings]) => [
      name,
      new Connection({ ...host, connector: connectorOf(`connections.${name}`), name, settings, changed }),
    ]),
  )

  let isProbing = false
  // What is wrong is in the log then, and ends nothing: the next run looks again.
  await Promise.allSettled([...connections.values()].map((connection) => connection.open()))

  return {
    names: new Set(connections.keys()),
    states: () => [...connections.values()].map(({ state }) => state),
    lane: async (admission, signal, records) => {
      const connection = connections.get(admission.connection)
      if (connection !== undefined) return await connection.lane(admission, signal, records)
      throw new SallyportError('connection_unknown', `this agent has no connection "${admission.connection}"`)
    },
    learn: (name, errorCode) => connections.get(name)?.learn(errorCode),
    watch: (signal) => {
      for (const connection of connections.values()) connection.watch(signal)
    },
    probe: (probing, signal) => {
      if (!isProbing) for (const connection of connections.values()) connection.probe(probing, signal)
      isProbing = true
    },
    onChange: (listener) => void listeners.push(listener),
    [Symbol.asyncDispose]: async () => {
      for (const connection of connections.values()) await connection[Symbol.asyncDispose]()
    },
  }
}
