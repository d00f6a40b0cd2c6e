// What becomes of a run whose session is gone: decided here, from what is known of it, and done by lost-runs.ts.

import { type Effect, times } from '@sallyport/protocol'

/** How sure it is that nobody brings an answer any more. */
export type Absence =
  /** The replica may come back with it. */
  | 'away'
  /** Nothing of it was done: handed back unstarted, or not named by a replica that has its journal. */
  | 'unstarted'
  /** Nobody will answer, and nobody knows what was done: the replica is revoked, or came back without it. */
  | 'forgotten'
  /** The replica came back without the journal that would say what was done. */
  | 'journal lost'

export type Lost = {
  readonly absence: Absence
  /** Its batch was handed to a socket. */
  readonly sent: boolean
  readonly effect: Effect
  readonly repeatable: boolean
  readonly cancelAsked: boolean
  /** Its time to live is over. */
  readonly outlived: boolean
  readonly sinceSentMs: number
  readonly sinceLostMs: number
}

/** `back`: to the queue, or cancelled where that was asked for; certain to be undone, or a read. */
export type Fate = 'wait' | 'back' | 'taken over' | 'outcome unknown' | 'journal lost'

/** A healthy agent is back within the longest wait between its tries. */
const returnMs = times.backoffCapMs

/*
    unstarted, or never sent ────────────────────────────────────────────────▶ back
    a read    ── forgotten, or cancelled, or away for returnMs ──────────────▶ back
    a write   ── its journal is lost ────────────────────────────────────────▶ journal lost
                 repeatable, not cancelled, and its time to live goes on
                                        ── takeoverMs after it was sent ─────▶ taken over
                 any other:  forgotten ──────────────────────────────────────▶ outcome unknown
                             away for returnMs, and outlived or cancelled ───▶ outcome unknown
    What is none of these waits. Before takeoverMs the replica that is lost may still be about to send its request, or
    JumpCloud to carry it out; after it, who takes over reads first and sees what was done.
*/
export function fateOf(lost: Lost): Fate {
  const { absence, effect, repeatable, cancelAsked, outlived } = lost
  const isGivenTime = absence !== 'away' || lost.sinceLostMs >= returnMs
  if (absence === 'unstarted' || !lost.sent) return 'back'
  if (effect === 'read') return isGivenTime || cancelAsked ? 'back' : 'wait'
  if (absence === 'journal lost') return 'journal lost'
  if (repeatable && !cancelAsked && !outlived) return lost.sinceSentMs >= times.takeoverMs ? 'taken over' : 'wait'
  if (absence === 'forgotten') return 'outcome unknown'
  return isGivenTime && (outlived || cancelAsked) ? 'outcome unknown' : 'wait'
}
