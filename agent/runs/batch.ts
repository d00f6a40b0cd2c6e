// From a signed batch to runs that can be believed: by this plane, for this agent, this replica and this very session.

import { createHash } from 'node:crypto'
import {
  type BatchPayload,
  batchPayload,
  type ErrorCode,
  type RunText,
  runText,
  SallyportError,
  signedTypes,
} from '@sallyport/protocol'
import type { PinnedKeys } from '../session/pinned-keys.ts'

export type Order = {
  readonly run: RunText
  /** SHA-256 of the run's text: its identity. */
  readonly digest: string
  readonly attempt: number
  readonly ttlMs: number
}

/** Whom a batch must be for. `nonce` is the one that this agent drew for the session. */
export type Addressee = {
  readonly plane: string
  readonly agent: string
  readonly replica: string
  readonly nonce: string
}

const wrong = {
  plane: 'batch_wrong_plane',
  agent: 'batch_wrong_agent',
  replica: 'batch_wrong_replica',
  nonce: 'batch_wrong_session',
} as const satisfies Record<keyof Addressee, ErrorCode>

/** Throws one of the `batch_…` errors, and then nothing of the batch may be believed. */
export function openBatch(jws: string, keys: PinnedKeys, addressee: Addressee): readonly Order[] {
  const payload = batchPayload.safeParse(keys.open(jws, signedTypes.batch)).data
  if (payload === undefined) throw new SallyportError('batch_malformed', 'open a batch: its payload does not fit')
  for (const member of ['plane', 'agent', 'replica', 'nonce'] as const) {
    if (payload[member] === addressee[member]) continue
    throw new SallyportError(wrong[member], `open a batch: it was signed for another ${member}`)
  }
  return payload.runs.map(order)
}

function order({ run: text, attempt, ttlMs }: BatchPayload['runs'][number]): Order {
  const run = runText.safeParse(parseJson(text)).data
  if (run === undefined) throw new SallyportError('batch_malformed', 'open a batch: the text of a run does not fit')
  return { run, digest: createHash('sha256').update(text).digest('hex'), attempt, ttlMs }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
