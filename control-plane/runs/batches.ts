// Runs that are ready in the same turn travel in one signed batch: verifying a signature is the dearest step of a small read.

import { type BatchPayload, limits } from '@sallyport/protocol'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { type EndOfTurn, systemTurn } from '../ports/turn.ts'
import type { HeldRun } from './held-run.ts'
import type { Seat } from './roster.ts'

export type Batches = {
  /** The run goes out at the end of this turn; at once where its seat has no other, for then none will join it. */
  add(held: HeldRun): void
}

/** Bytes of the payload of one batch: in base64url, and in its frame, it is a third more and stays under 512 KiB. */
const batchBytes = 360 * 1024

type BatchesOptions = {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  readonly log: Log
  readonly endOfTurn?: EndOfTurn
}

export function createBatches({ clock, log, endOfTurn = systemTurn }: BatchesOptions): Batches {
  const ready = new Map<Seat, HeldRun[]>()

  const flush = async (seat: Seat) => {
    const due = (ready.get(seat) ?? []).filter((held) => held.seat === seat && !held.ended)
    ready.delete(seat)
    try {
      for (const batch of cut(due)) await send(seat, batch)
    } catch (error) {
      // Closing gives the runs back: they were not sent.
      log.error('batch.failed', { session: seat.session.id, error })
      seat.session.close('internal_error', 'the batch could not be signed')
    }
  }

  const send = async (seat: Seat, batch: readonly HeldRun[]) => {
    const runs: BatchPayload['runs'] = batch.map(({ run: { text: run, attempt, expiresAt, doubtful, approval } }) => {
      return {
        run,
        attempt,
        ttlMs: Math.max(0, expiresAt - clock.now()),
        ...(doubtful && { doubtful }),
        ...(approval && { approval }),
      }
    })
    const sha256 = await seat.session.sendBatch(runs)
    if (sha256 === undefined) return
    const at = clock.monotonic()
    const open = batch.filter(({ ended }) => !ended)
    if (open.length > 0) seat.batches.set(sha256, new Set(open))
    for (const held of batch) {
      held.sentIn(sha256, at)
      if (held.cancelAsked) seat.session.send({ type: 'cancel', run: held.run.id })
    }
  }

  return {
    add: (held) => {
      if (held.seat === undefined) return
      const others = ready.get(held.seat)
      if (others !== undefined) return void others.push(held)
      const { seat } = held
      ready.set(seat, [held])
      const soon = seat.runs.size > 1 ? endOfTurn : queueMicrotask
      soon(() => void flush(seat))
    },
  }
}

function cut(due: readonly HeldRun[]): readonly (readonly HeldRun[])[] {
  const batches: HeldRun[][] = []
  let last: HeldRun[] = []
  let byteCount = batchBytes
  for (const held of due) {
    // As it will stand in the payload: a text inside a text.
    const size = Buffer.byteLength(JSON.stringify(held.run.text)) + (held.run.approval?.length ?? 0) + 64
    if (byteCount + size > batchBytes || last.length === limits.batchRunsCount) {
      last = []
      batches.push(last)
      byteCount = 0
    }
    last.push(held)
    byteCount += size
  }
  return batches
}
