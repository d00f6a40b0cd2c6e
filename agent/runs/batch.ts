// From a signed batch to runs that can be believed: by this plane, for this agent, this replica and this very session.

import { createHash } from 'node:crypto'
import { type BatchPayload, batchPayload, type ErrorCode, SallyportError, signedTypes } from '@sallyport/protocol'
import type { Elapsed } from '../ports/instant.ts'
import type { PinnedKeys } from '../session/pinned-keys.ts'
import { type RunHead, readRunHead } from './run-head.ts'

export type Order = {
  readonly run: RunHead
  /** As it came. */
  readonly text: string
  /** SHA-256 of the run's text: its identity. */
  readonly digest: string
  readonly attempt: number
  readonly ttlMs: number
  /** A write that was taken over: another replica may have done it already, or some of it. */
  readonly doubtful: boolean
  /** The customer's word for it, unchecked; gone after a crash, when nothing is sent for it any more. */
  readonly approval?: string | undefined
  /** How long ago its batch was signed, by each of the two clocks; at least 0. */
  readonly age: Elapsed
}

/** Whom a batch must be for. `nonce` is the one that this agent drew for the session. */
export type Addressee = {
  readonly plane: string
  readonly agent: string
  readonly replica: string
  readonly nonce: string
}

/** `sinceChallenge`: the age of the session, from which that of a batch is taken. */
export type Receipt = Addressee & { readonly sinceChallenge: Elapsed }

const wrong = {
  plane: 'batch_wrong_plane',
  agent: 'batch_wrong_agent',
  replica: 'batch_wrong_replica',
  nonce: 'batch_wrong_session',
} as const satisfies Record<keyof Addressee, ErrorCode>

/** Throws one of the `batch_…` errors, and then nothing of the batch may be believed. */
export function openBatch(jws: string, keys: PinnedKeys, { sinceChallenge, ...addressee }: Receipt): readonly Order[] {
  const payload = batchPayload.safeParse(keys.open(jws, signedTypes.batch)).data
  if (payload === undefined) throw new SallyportError('batch_malformed', 'open a batch: its payload does not fit')
  for (const member of ['plane', 'agent', 'replica', 'nonce'] as const) {
    if (payload[member] === addressee[member]) continue
    throw new SallyportError(wrong[member], `open a batch: it was signed for another ${member}`)
  }
  const since = (ms: number) => Math.max(0, ms - payload.sentAfterMs)
  const age = { monotonicMs: since(sinceChallenge.monotonicMs), wallMs: since(sinceChallenge.wallMs) }
  return payload.runs.map((run) => orderOf(run, age))
}

function orderOf(entry: BatchPayload['runs'][number], age: Elapsed): Order {
  const { run: text, attempt, ttlMs, doubtful = false, approval } = entry
  const run = readRunHead(text)
  if (run === undefined) throw new SallyportError('batch_malformed', 'open a batch: the text of a run does not fit')
  const digest = createHash('sha256').update(text).digest('hex')
  return { run, text, digest, attempt, ttlMs, doubtful, approval, age }
}
