// What the plane knows of the state of this replica: all of it by `hello`, and later what has changed since it was told.

import type { Connections } from '../connections/connections.ts'
import type { Head } from '../ledger/chain.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { HeadEntry } from '../ledger/signed-head.ts'
import type { PolicyInForce } from '../policy/policy-in-force.ts'

export type ToldStateOptions = {
  readonly connections: Pick<Connections, 'states'>
  /** Whether what a write does can be written down. */
  readonly journalState: () => HelloState['journal']
  readonly policy: Pick<PolicyInForce, 'digest' | 'jobs'>
  readonly ledger: Pick<Ledger, 'head'>
}

type HelloState = ReturnType<ToldState['whole']>

export type ToldState = {
  /** For `hello`; it counts as told. */
  whole(): {
    readonly jobs: string[]
    readonly policy: string | null
    readonly ledger: Head | null
    readonly connections: ReturnType<Connections['states']>[number][]
    readonly journal: 'ok' | 'full' | 'read_only' | 'failing' | 'lost'
  }
  /** The text of a `state` frame, which counts as told; undefined where there is nothing to say. */
  changed(draining: 'draining' | 'serving'): string | undefined
  /** The text of a `state` frame about a head that was signed; undefined where a newer one was told already. */
  sealed(signed: Pick<HeadEntry, 'head' | 'signature'>): string | undefined
}

export function createToldState({ connections, journalState, policy, ledger }: ToldStateOptions): ToldState {
  const now = () => ({
    connections: JSON.stringify(connections.states()),
    journal: journalState(),
    policy: JSON.stringify([policy.digest, policy.jobs]),
  })
  let told: Partial<ReturnType<typeof now>> = {}
  let toldSeq = 0
  return {
    whole: () => {
      told = now()
      toldSeq = ledger.head?.seq ?? 0
      return {
        jobs: [...policy.jobs],
        policy: policy.digest,
        ledger: ledger.head,
        connections: [...connections.states()],
        journal: journalState(),
      }
    },
    changed: (draining) => {
      const is = now()
      const state = {
        type: 'state',
        ...(is.connections === told.connections ? {} : { connections: connections.states() }),
        ...(is.journal === told.journal ? {} : { journal: is.journal }),
        ...(is.policy === told.policy ? {} : { policy: policy.digest, jobs: policy.jobs }),
        ...(draining === 'draining' ? { draining: true } : {}),
      }
      if (Object.keys(state).length === 1) return undefined
      told = is
      return JSON.stringify(state)
    },
    sealed: ({ head, signature }) => {
      if (head.seq <= toldSeq) return undefined
      toldSeq = head.seq
      return JSON.stringify({ type: 'state', ledger: { ...head, signature } })
    },
  }
}
