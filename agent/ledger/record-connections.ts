// What the ledger is told of the connections: the state of each, and whenever it changes.

import type { ConnectionState } from '@sallyport/protocol'
import type { Ledger } from './ledger.ts'

type Connections = {
  states(): readonly ConnectionState[]
  onChange(listener: () => void): void
}

/** Resolves when everything so far is on the disk, or cannot be brought there now. */
export async function recordConnections(ledger: Pick<Ledger, 'add' | 'seal'>, connections: Connections): Promise<void> {
  const told = new Map<string, ConnectionState['state']>()
  const tell = () => {
    for (const { name, state } of connections.states()) {
      if (told.get(name) === state) continue
      told.set(name, state)
      ledger.add({ kind: 'connection.changed', connection: name, state })
    }
  }
  tell()
  connections.onChange(tell)
  await ledger.seal()
}
