// What is done with each frame of the plane in an open session.

import { createHash } from 'node:crypto'
import { type CloseReason, type PlaneFrame, readPlaneFrame } from '@sallyport/protocol'
import type { Identity, IdentityFile } from '../identity/identity.ts'
import type { Log } from '../log.ts'
import { openBatch } from '../runs/batch.ts'
import { wireErrorOf } from '../runs/execute.ts'
import type { Send } from '../runs/outbox.ts'
import type { Runs } from '../runs/runs.ts'
import { pinKeys } from './pinned-keys.ts'

type Serving = {
  readonly runs: Runs
  readonly log: Log
  readonly identityFile: IdentityFile
  readonly identity: Identity
  /** The one that this agent drew for the session. */
  readonly nonce: string
  readonly send: Send
  readonly close: (reason: CloseReason) => void
  readonly leave: (backMs: number) => void
}

/** What receives the messages of the session, from the first after `welcome`. */
export function createServer(serving: Serving): (text: string, byteCount: number) => void {
  const { runs, log, close, leave } = serving
  let identity = serving.identity
  let keys = pinKeys(identity.plane.keys)

  const take = (jws: string) => {
    const { plane, agent, replica } = identity
    try {
      runs.take(openBatch(jws, keys, { plane: plane.id, agent, replica, nonce: serving.nonce }))
    } catch (error) {
      const batch = createHash('sha256').update(jws).digest('hex')
      const refusal = wireErrorOf(error, 'a batch')
      log.error('batch.refused', { batch, code: refusal.code, error })
      void serving.send(JSON.stringify({ type: 'refused', batch, error: refusal }))
    }
  }

  const succeed = async (jws: string) => {
    try {
      const next = keys.succeed(jws)
      if (next === undefined) return
      identity = { ...identity, plane: { ...identity.plane, keys: next } }
      keys = pinKeys(next)
      await serving.identityFile.write(identity)
      log.warn('plane.keys_changed', { version: next.version, kids: next.keys.map(({ kid }) => kid) })
    } catch (error) {
      log.error('plane.keys_refused', { error })
    }
  }

  const handle = (frame: PlaneFrame): void => {
    switch (frame.type) {
      case 'run':
        return take(frame.jws)
      case 'credit':
        return runs.credit(frame.run, frame.bytes)
      case 'ack':
        return runs.acknowledge(frame.run, frame.attempt, frame.seq)
      case 'cancel':
        return runs.cancel(frame.run)
      case 'keys':
        return void succeed(frame.jws)
      case 'leave':
        leave(frame.backMs)
        return close('bye')
      case 'challenge':
      case 'welcome':
        return close('frame_unexpected')
    }
  }

  return (text: string, byteCount: number): void => {
    const reading = readPlaneFrame(text, byteCount)
    if (reading.kind === 'frame') {
      if (reading.unknownCount > 0)
        log.debug('frame.members_ignored', { type: reading.frame.type, count: reading.unknownCount })
      return handle(reading.frame)
    }
    if (reading.kind === 'ignored') return log.debug('frame.ignored', { type: reading.type })
    log.warn('frame.refused', { why: reading.kind === 'oversized' ? 'over 1 MiB' : reading.why })
    if (reading.kind === 'refused') close(reading.close)
  }
}
