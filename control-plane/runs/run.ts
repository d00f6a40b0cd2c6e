// A run as the control plane keeps it.

import type { Outcome, WireError } from '@sallyport/protocol'

/** `parked`: the agent holds it until the customer's credential works again. The last five are final. */
export type RunState =
  | 'queued'
  | 'sent'
  | 'accepted'
  | 'parked'
  | 'done'
  | 'failed'
  | 'refused'
  | 'cancelled'
  | 'expired'

export type Run = {
  readonly id: string
  readonly agent: string
  readonly job: string
  readonly connection: string
  readonly effect: 'read' | 'write'
  /** The JSON text that is signed and sent, made once; its SHA-256 is the identity of the run. */
  readonly text: string
  readonly requester: string
  readonly idempotencyKey: string | null
  /** Of the customer, for the agent to check. */
  readonly approval: string | null
  readonly state: RunState
  /** 0 before it was first sent. */
  readonly attempt: number
  /** The replica that holds the current attempt. */
  readonly replica: string | null
  /** Id of the journal that the attempt was sent under. As long as its replica has it, what it does not name it has not done. */
  readonly journal: string | null
  /** A write that was taken over: the replica before may have done it too, so no end may promise that nothing was done. */
  readonly doubtful: boolean
  readonly createdAt: number
  /** Not started by then, it expires. */
  readonly expiresAt: number
  readonly finishedAt: number | null
  readonly cancelAskedAt: number | null
  /** Set by the agent's `too_late`: the cancel came after a write was sent. */
  readonly cancelTooLate: boolean
  readonly outcome: Outcome | null
  readonly error: WireError | null
  readonly pageCount: number
  readonly rowCount: number
  readonly sha256: string | null
}

export type Page = {
  readonly run: string
  readonly attempt: number
  readonly seq: number
  /** JSON text of the array of rows, exactly as the agent sent it. */
  readonly rows: string
  readonly rowCount: number
}

/** One that has just come, with its rows as they were parsed. */
export type FreshPage = Page & { readonly parsed: readonly unknown[] }
