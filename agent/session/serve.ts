// What is done with each frame of the plane in an open session.

import { createHash } from 'node:crypto'
import { type CloseReason, type PlaneFrame, readPlaneFrame, SallyportError, times } from '@sallyport/protocol'
import type { Identity, IdentityFile } from '../identity/identity.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import { type Elapsed, elapsedSince, type Instant } from '../ports/instant.ts'
import { type Order, openBatch } from '../runs/batch.ts'
import { wireErrorOf } from '../runs/execute.ts'
import type { Send } from '../runs/outbox.ts'
import type { Ignored } from './ignored.ts'
import { type LeadKeeper, openLead } from './lead.ts'
import { pinKeys } from './pinned-keys.ts'
import type { SessionRuns } from './session.ts'

type Serving = {
  readonly runs: SessionRuns
  readonly ledger: Pick<Ledger, 'add'>
  readonly log: Log
  readonly ignored: Ignored
  readonly identityFile: IdentityFile
  readonly identity: Identity
  /** The one that this agent drew for the session. */
  readonly nonce: string
  readonly lead: LeadKeeper
  readonly challengedAt: Instant
  readonly clock: Clock
  readonly send: Send
  readonly close: (reason: CloseReason) => void
  readonly leave: (backMs: number) => void
}

/** What receives the messages of the session, from the first after `welcome`. */
export function createServer(serving: Serving): (text: string, byteCount: number) => void {
  const { runs, ledger, log, ignored, close, leave, identity, identityFile, nonce, challengedAt, clock } = serving
  const addressee = { plane: identity.plane.id, agent: identity.agent, replica: identity.replica, nonce }
  let keys = pinKeys(identity.plane.keys)

  /** Old orders may not look new: where the clocks part, the host was suspended or its clock set, and a new session begins. */
  const takeBatch = (jws: string): void => {
    const sinceChallenge = elapsedSince(challengedAt, clock)
    const partedMs = sinceChallenge.wallMs - sinceChallenge.monotonicMs
    if (Math.abs(partedMs) <= times.startWithinMs / 2) return runs.take(ordersOf(jws, sinceChallenge))
    log.warn('session.clocks_parted', { partedMs })
    close('bye')
  }

  const ordersOf = (jws: string, sinceChallenge: Elapsed): readonly Order[] => {
    try {
      return openBatch(jws, keys, { ...addressee, sinceChallenge })
    } catch (error) {
      if (!(error instanceof SallyportError)) throw error
      const batch = createHash('sha256').update(jws).digest('hex')
      log.error('batch.refused', { batch, code: error.code, error })
      ledger.add({ kind: 'batch.refused', batch, code: error.code })
      void serving.send(JSON.stringify({ type: 'refused', batch, error: wireErrorOf(error, 'a batch') }))
      return []
    }
  }

  /** What follows may be signed by the new keys already, so they count before the file is written. */
  const succeed = (jws: string): void => {
    try {
      const next = keys.succeed(jws)
      if (next === undefined) return
      keys = pinKeys(next)
      const changed = { version: next.version, kids: next.keys.map(({ kid }) => kid) }
      log.warn('plane.keys_changed', changed)
      ledger.add({ kind: 'keys.changed', ...changed })
      identityFile.pinKeys(next).catch((error: unknown) => log.error('plane.keys_not_kept', { error }))
    } catch (error) {
      log.error('plane.keys_refused', { error })
      close('plane_proof_wrong')
    }
  }

  const takeLead = (jws: string): void => {
    try {
      serving.lead.take(openLead(jws, keys, addressee))
    } catch (error) {
      log.error('session.lead_refused', { error })
      close('plane_proof_wrong')
    }
  }

  const handle = (frame: PlaneFrame): void => {
    switch (frame.type) {
      case 'run':
        return takeBatch(frame.jws)
      case 'credit':
        return runs.credit(frame.run, frame.bytes)
      case 'ack':
        return runs.acknowledge(frame.run, frame.attempt, frame.seq)
      case 'cancel':
        return runs.cancel(frame.run)
      case 'lead':
        return takeLead(frame.jws)
      case 'keys':
        return succeed(frame.jws)
      case 'leave':
        leave(frame.backMs)
        return close('bye')
      case 'challenge':
      case 'welcome':
        return close('frame_unexpected')
    }
  }

  const receive = (text: string, byteCount: number): void => {
    const reading = readPlaneFrame(text, byteCount)
    if (reading.kind === 'frame') {
      ignored.members(reading.frame.type, reading.unknownCount)
      return handle(reading.frame)
    }
    if (reading.kind === 'ignored') return ignored.frame(reading.type)
    if (reading.kind === 'oversized') return ignored.oversized()
    log.warn('frame.refused', { why: reading.why })
    close(reading.close)
  }

  return (text, byteCount) => {
    try {
      receive(text, byteCount)
    } catch (error) {
      log.error('session.broken', { error })
      close('internal_error')
    }
  }
}
