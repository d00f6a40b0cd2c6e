// What runs need of a session: whom it reaches, whether it may be given more, and a way to say something.

import type { BatchPayload, CloseReason, HelloBody, PlaneFrame } from '@sallyport/protocol'

/** Whether a replica can write down what it does, as it says itself. */
export type JournalState = NonNullable<HelloBody['journal']>

export type AgentSession = {
  readonly id: string
  readonly agent: string
  readonly replica: string
  /** False while the agent is stopping, or while what was written to the socket is not read. */
  takesRuns(): boolean
  /** True where the policy of the agent lets this job through for some connection, as it said last. */
  accepts(job: string): boolean
  /** What it said last of its journal; null where it keeps none. */
  journal(): JournalState | null
  /** Which journal that is; null where it keeps none, or does not say. Another file has another id. */
  readonly journalId: string | null
  /** Does nothing once the session is closed. */
  send(frame: PlaneFrame): void
  /** Signs and sends. Resolves with the SHA-256 of the JWS, or `undefined` where the session closed before it left. */
  sendBatch(runs: BatchPayload['runs']): Promise<string | undefined>
  close(reason: CloseReason, why: string): void
}

/** Without a journal it could not say, after a crash, what became of a write; one that keeps none at all never can. */
export function takesWrites(session: Pick<AgentSession, 'journal'>): boolean {
  return (session.journal() ?? 'ok') === 'ok'
}
