// A write whose replica is lost in the middle of it for longer than anybody waits, so that another one takes it over; and somebody
// may take back meanwhile what the first had done.

import type { Draw } from '../support/jumpcloud/random.ts'
import { drawUndoing, type Fault } from './fault.ts'
import type { ScheduledEvent } from './schedule.ts'

type Submit = Extract<ScheduledEvent, { readonly what: 'submit' }>

const seconds = 1000

/** Longer than `takeoverMs`, and shorter than the run then lives. */
const downMs = 80 * seconds
const ttlMs = 180 * seconds

export type LostWriter = {
  /** What is asked for, with that write among it: asked for until it is answered, and not cancelled. */
  readonly asked: readonly ScheduledEvent[]
  readonly faults: readonly ScheduledEvent[]
}

/** Undefined where no write is asked for. */
export function drawLostWriter(draw: Draw, asked: readonly ScheduledEvent[]): LostWriter | undefined {
  const writes = asked.flatMap((event) => (event.what === 'submit' && 'users' in event.submission.ask ? [event] : []))
  const chosen = writes[draw.integer(Math.max(1, writes.length))]
  if (chosen === undefined) return undefined
  const { number } = chosen.submission
  const others = asked.filter((event) => event !== chosen && (event.what !== 'cancel' || event.number !== number))
  const submission = { ...chosen.submission, ttlMs, keyed: true }
  return { asked: [...others, { ...chosen, submission }], faults: drawLoss(draw, chosen) }
}

/** JumpCloud takes its time with each call, so that the loss comes in the middle of one or between two. */
function drawLoss(draw: Draw, { atMs, turns, submission: { number } }: Submit): ScheduledEvent[] {
  const at = (afterMs: number, fault: Fault): ScheduledEvent => {
    return { atMs: atMs + afterMs, turns, what: 'fault', fault }
  }
  const slow = { name: 'latencyMs', options: { path: '/api/v2/**', ms: 2 * seconds } } as const
  const lossMs = draw.pick([5, 1000, 2500, 3900, 4100, 5500, 7000])
  const how = draw.pick<'reset' | 'silent' | 'held'>(['reset', 'silent', 'held'])
  const undoing = { kind: 'jumpcloud', lever: drawUndoing(draw, 1 + draw.integer(3)), forMs: 9 * seconds } as const
  return [
    at(0, { kind: 'jumpcloud', lever: slow, forMs: 9 * seconds }),
    at(lossMs, { kind: 'lose_writer', number, how, downMs }),
    ...(draw.chance(0.6) ? [at(0, undoing)] : []),
  ]
}
