// What will happen in a world, made from its seed alone: what is asked for, and what goes wrong. The same seed gives the same
// schedule; how far each run has come when a fault hits it is the machine's to decide.

import { createDraw, type Draw } from '../support/jumpcloud/random.ts'
import { drawFault, type Fault, isAbrupt } from './fault.ts'
import { drawLostWriter } from './lost-writer.ts'
import { type Asked, drawSubmissions, type Submission } from './submission.ts'

export type ScheduledEvent = {
  /** Milliseconds after the world began. */
  readonly atMs: number
  /** So many turns of the event loop later: in the middle of what then goes on. */
  readonly turns: number
} & (Asked | { readonly what: 'fault'; readonly fault: Fault })

export type Schedule<Event = ScheduledEvent> = {
  readonly seed: number
  readonly replicaCount: number
  readonly userCount: number
  readonly groupCount: number
  /** By time. */
  readonly events: readonly Event[]
}

const seconds = 1000
const minutes = 60 * seconds

/** `calm`: nothing goes wrong. */
export function createSchedule(seed: number, { calm = false } = {}): Schedule {
  const draw = createDraw(`chaos/${seed}`)
  const replicaCount = 2 + draw.integer(2)
  const size = { userCount: 420 + draw.integer(500), groupCount: 6 }
  // Half of the worlds are crowded: much of what happens, happens at once.
  const spanMs = draw.chance(0.5) ? 40 * seconds : 4 * minutes
  const submissions = drawSubmissions(draw, size)
  const usual = submissions.flatMap((submission) => askedFor(draw, submission, spanMs))
  const lost = calm || draw.chance(0.3) ? undefined : drawLostWriter(draw, usual)
  const asked = lost?.asked ?? usual
  const faultCount = 6 + draw.integer(18)
  const faults = Array.from({ length: calm ? 0 : faultCount }, (): ScheduledEvent => {
    return { ...drawBadMoment(draw, asked, spanMs), what: 'fault', fault: drawFault(draw, replicaCount) }
  })
  const events = [...asked, ...(lost?.faults ?? []), ...faults].sort((one, other) => one.atMs - other.atMs)
  // Where every process ends in order, those that are there in the end may remember nothing.
  return { seed, replicaCount, ...size, events: draw.chance(0.2) ? events.filter(isSurvived) : events }
}

function askedFor(draw: Draw, submission: Submission, spanMs: number): ScheduledEvent[] {
  const when = instant(draw, spanMs)
  const submit: ScheduledEvent = { ...when, what: 'submit', submission }
  if (!draw.chance(0.2)) return [submit]
  const atMs = when.atMs + draw.pick([0, 20, 300, 2 * seconds, 15 * seconds])
  return [submit, { atMs, turns: draw.integer(60), what: 'cancel', number: submission.number }]
}

/** Mostly in the middle of something, because time stands still while anything is going on. */
function drawBadMoment(draw: Draw, asked: readonly ScheduledEvent[], spanMs: number) {
  const near = asked[draw.integer(asked.length)]
  if (near === undefined || draw.chance(0.3)) return instant(draw, spanMs)
  return { atMs: near.atMs + draw.pick([0, 0, 5, 60, 400, 2000]), turns: draw.integer(150) }
}

function instant(draw: Draw, spanMs: number) {
  return { atMs: draw.integer(spanMs), turns: draw.integer(40) }
}

function isSurvived(event: ScheduledEvent): boolean {
  return event.what !== 'fault' || !isAbrupt(event.fault)
}
