// What the ledger may say: one kind of entry for each thing that happens. No kind has a place for a row, a secret, a body, a
// header or the query of a call; what is in a run's params stands for itself by the run's digest.

import type { Outcome } from '@sallyport/protocol'
import type { Head } from './chain.ts'

/** Of the agent as a whole. */
type HostEntry =
  | {
      readonly kind: 'agent.started'
      readonly version: string
      readonly instance: string
      /** Digest of the policy in force; null without a file. */
      readonly policy: string | null
      readonly connections: readonly string[]
    }
  | { readonly kind: 'agent.stopped' }
  | { readonly kind: 'policy.changed'; readonly policy: string | null }
  | { readonly kind: 'panic.began' }
  | { readonly kind: 'panic.lifted' }
  | { readonly kind: 'connection.changed'; readonly connection: string; readonly state: string }
  | { readonly kind: 'credential.taken'; readonly connection: string }
  | { readonly kind: 'session.opened'; readonly session: string; readonly plane: string; readonly lead: boolean }
  | { readonly kind: 'session.closed'; readonly reason: string | null }
  | { readonly kind: 'keys.changed'; readonly version: number; readonly kids: readonly string[] }
  | { readonly kind: 'batch.refused'; readonly batch: string; readonly code: string }

/** `digest` is the SHA-256 of the run's text as it was signed. */
type OfRun = { readonly run: string; readonly attempt: number }
type OrderEntry = OfRun & {
  readonly digest: string
  readonly job: string
  readonly connection: string
  /** As the plane names them. */
  readonly requester: string
}

/** Sums of rows; `sha256` is chained over the pages, as in `done`. */
export type Sums = {
  readonly pages: number
  readonly rows: number
  /** Of their texts; of a read that an earlier process began, what this one made of it. */
  readonly bytes: number
  readonly sha256: string
}

/** Of one run. */
export type RunEntry =
  | (OrderEntry & {
      readonly kind: 'run.accepted'
      /** Another replica may have done some of it: what this one did not do is then told as unknown. */
      readonly doubtful: boolean
      readonly effect: string
      /** Of the policy, which let it through. */
      readonly rule: string | null
    })
  /** It is told again, under the number of this attempt. */
  | (OfRun & { readonly kind: 'run.retold'; readonly doubtful: boolean })
  | (OrderEntry & { readonly kind: 'run.refused'; readonly code: string; readonly rule: string | null })
  | (OfRun & { readonly kind: 'run.recovered'; readonly effect: string; readonly goesOn: boolean })
  | (OfRun & { readonly kind: 'run.handed_back' })
  | (OfRun & { readonly kind: 'run.abandoned' })
  /** One page in a frame of its own was given to the socket; the only page of an answer is in the answer's entry. */
  | (OfRun & Omit<Sums, 'pages'> & { readonly kind: 'page.sent'; readonly page: number })
  /** `target` is what is about to be changed, by its JumpCloud id. */
  | (OfRun & { readonly kind: 'change.intended'; readonly target: string })
  | (OfRun & { readonly kind: 'change.settled'; readonly target: string; readonly outcome: Outcome | null })
  /** `outcome` is null for a read. What was sent of a read that failed is in its pages. */
  | (OfRun & Sums & { readonly kind: 'run.answered'; readonly answer: 'done'; readonly outcome: Outcome | null })
  | (OfRun & {
      readonly kind: 'run.answered'
      readonly answer: 'failed'
      readonly code: string
      readonly outcome: Outcome | null
    })

/** One request that was sent; without a run where the agent asked for itself. The path has ids in it, and no query. */
export type CallEntry = {
  readonly kind: 'jumpcloud.called'
  readonly run?: string
  readonly connection: string
  readonly operation: string
  readonly method: string
  readonly path: string
  /** Null where no answer came. */
  readonly status: number | null
  /** Of the error, where it was none that was wanted. */
  readonly code: string | null
}

/** What the ledger says of itself. */
export type OwnEntry =
  | { readonly kind: 'ledger.mended'; readonly file: string; readonly bytes: number }
  | { readonly kind: 'ledger.blocked'; readonly blocked: string; readonly secret: string; readonly encoding: string }
  | { readonly kind: 'ledger.gap'; readonly count: number; readonly fromAt: string }
  /** The file was removed, replaced or cut while it was written; the next one goes on. */
  | { readonly kind: 'ledger.displaced'; readonly file: string }
  | { readonly kind: 'ledger.pruned'; readonly file: string; readonly through: Head }
  | {
      readonly kind: 'ledger.head'
      readonly agent: string
      readonly replica: string
      readonly head: Head
      /** Thumbprint of the replica's key. */
      readonly kid: string
      readonly signature: string
    }

export type Entry = HostEntry | RunEntry | CallEntry | OwnEntry

/** What a write did may not be left out, however long the ledger cannot be written. */
export function isOfChange(entry: Entry): boolean {
  const { kind } = entry
  return kind === 'change.intended' || kind === 'change.settled' || (kind === 'run.answered' && entry.outcome !== null)
}
