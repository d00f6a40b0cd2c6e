// Whether the ledger of a replica goes on from where it was: a record that went back, or is another one, was rewritten or put
// back from a copy. Whoever keeps a head can have it looked for: `sallyport ledger verify --head`.

import { createPublicKey, verify } from 'node:crypto'
import { type LedgerHead, ledgerHeadText } from '@sallyport/protocol'
import { createNote } from '../audit/note.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Replica, Store } from '../store/store.ts'

export type HeadAlarm = 'gone' | 'went_back' | 'changed'

/** Undefined where what is told may follow from what was kept. Lines in between are not seen here. */
export function judgeHead(kept: LedgerHead | null, told: LedgerHead | null): HeadAlarm | undefined {
  if (kept === null) return undefined
  if (told === null) return 'gone'
  if (told.seq < kept.seq) return 'went_back'
  return told.seq === kept.seq && told.hash !== kept.hash ? 'changed' : undefined
}

export function keptHead({ ledgerSeq: seq, ledgerHash: hash }: Replica): LedgerHead | null {
  return seq === null || hash === null ? null : { seq, hash }
}

type Alarm = {
  readonly why: HeadAlarm
  readonly replica: Replica
  readonly told: LedgerHead | null
}

type Alarmed = {
  readonly store: Pick<Store, 'audit' | 'replicas'>
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

/** Into the log and the audit log, with both heads. */
export async function raiseAlarm({ store, clock, log }: Alarmed, { why, replica, told }: Alarm): Promise<void> {
  const kept = keptHead(replica)
  const head = kept === null ? '' : `${kept.seq}:${kept.hash}`
  const message = `the ledger of replica ${replica.id} does not go on from its head ${head}: it was rewritten, or put back from a copy. On its host: sallyport ledger verify --head ${head}`
  log.error('ledger.alarm', { agent: replica.agent, replica: replica.id, why, kept, told, message })
  await createNote({ store, clock })('gateway', 'ledger.alarm', replica.id, { agent: replica.agent, why, kept, told })
}

type Told = LedgerHead & { readonly signature: string }

/** What an open session says of it; one that the replica did not sign says nothing. */
export async function takeHead(alarmed: Alarmed, id: string, { signature, ...told }: Told): Promise<void> {
  const { store, clock, log } = alarmed
  const replica = await store.replicas.get(id)
  if (replica === undefined) return
  const text = ledgerHeadText({ agent: replica.agent, replica: id, head: told })
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: replica.publicKey }, format: 'jwk' })
  if (!verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'))) {
    return log.warn('ledger.head_refused', {
      agent: replica.agent,
      replica: id,
      message: 'it is not signed by the replica',
    })
  }
  const why = judgeHead(keptHead(replica), told)
  await store.replicas.toldLedger(id, { ledger: told, ledgerAlarmAt: why === undefined ? undefined : clock.now() })
  if (why !== undefined) await raiseAlarm(alarmed, { why, replica, told })
}
