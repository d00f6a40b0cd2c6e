// What is known of a world when it is over: what the vendor was told, what the control plane stored, what the simulated
// JumpCloud recorded, and what was logged. The invariants judge this, and nothing else.

import type { Page, Run } from '../../control-plane/runs/run.ts'
import type { Store } from '../../control-plane/store/store.ts'
import type { Mutation } from '../support/jumpcloud/state/recording.ts'
import type { Directory } from './directory.ts'
import type { Logged } from './host-log.ts'
import type { Trouble } from './trouble.ts'
import type { Told } from './vendor.ts'

export type Evidence = {
  readonly directory: Pick<Directory, 'users' | 'groups' | 'allGroups' | 'isMemberAtFirst'>
  readonly told: readonly Told[]
  readonly runs: readonly KeptRun[]
  readonly effects: readonly Effect[]
  readonly logged: readonly Logged[]
  readonly drains: readonly Drain[]
  readonly troubles: readonly Trouble[]
}

/** What of a run is judged. */
type Judged =
  | ('id' | 'job' | 'effect' | 'state' | 'attempt' | 'cancelAskedAt' | 'doubtful')
  | ('outcome' | 'error' | 'pageCount' | 'rowCount' | 'sha256')

/** A run as the control plane has it at the end. */
export type KeptRun = Pick<Run, Judged> & {
  readonly params: Readonly<Record<string, unknown>>
  /** Of each attempt, by its number less one. */
  readonly pages: readonly (readonly Page[])[]
  /** When it was stored as final, by the clock of the world; undefined where the plane crashed at that moment. */
  readonly finalAtMs: number | undefined
}

/** A change of a membership that JumpCloud processed, or that somebody else made there. */
export type Effect = {
  /** A request of an agent asked for it. */
  readonly ours: boolean
  readonly op: 'add' | 'remove'
  readonly groupId: string
  readonly userId: string
  /** False where nothing had to change. */
  readonly applied: boolean
  readonly atMs: number
}

export type Drain = { readonly replica: string; readonly askedAtMs: number; readonly endedAtMs: number }

export type Invariant = (evidence: Evidence) => readonly string[]

export async function readRuns(store: Store, finalAtMs: ReadonlyMap<string, number>): Promise<readonly KeptRun[]> {
  const runs = await store.runs.list('acme', { limit: 10_000 })
  return await Promise.all(
    runs.map(async (run) => {
      const attempts = Array.from({ length: run.attempt }, (_, index) => index + 1)
      const pages = attempts.map((attempt) => store.pages.list(run.id, attempt, { from: 0, limit: 10_000 }))
      return {
        ...run,
        params: Object(JSON.parse(run.text)).params,
        pages: await Promise.all(pages),
        finalAtMs: finalAtMs.get(run.id),
      }
    }),
  )
}

export function readEffects(mutations: readonly Mutation[], worldStartAt: number): readonly Effect[] {
  return mutations.flatMap(({ kind, op, groupId, userId, applied, requestId, at }) => {
    if (kind !== 'member' || (op !== 'add' && op !== 'remove')) return []
    if (groupId === undefined || userId === undefined) return []
    return [{ ours: requestId !== null, op, groupId, userId, applied, atMs: at - worldStartAt }]
  })
}
