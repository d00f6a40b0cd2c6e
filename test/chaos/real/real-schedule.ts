// What will happen in a world of real processes, made from its seed alone: within a few seconds, because real ones have to be
// waited for.

import { createDraw, type Draw } from '../../support/jumpcloud/random.ts'
import type { Schedule } from '../schedule.ts'
import { type Asked, drawSubmissions, type Submission } from '../submission.ts'

export type RealFault =
  | { readonly kind: 'kill' | 'leave'; readonly victim: number | 'plane'; readonly downMs: number }
  /** SIGTERM to a replica; `hurriedAfterMs`: a second one so much later. */
  | {
      readonly kind: 'drain'
      readonly victim: number
      readonly downMs: number
      readonly hurriedAfterMs: number | null
    }
  | { readonly kind: 'cut' }

export type RealEvent = { readonly atMs: number } & (Asked | { readonly what: 'fault'; readonly fault: RealFault })

export type RealSchedule = Schedule<RealEvent>

const spanMs = 8000

export function createRealSchedule(seed: number): RealSchedule {
  const draw = createDraw(`chaos/real/${seed}`)
  const size = { replicaCount: 2, userCount: 700, groupCount: 4 }
  const asked = drawSubmissions(draw, size).flatMap((submission) => askedFor(draw, submission))
  const drain = drawDrain(draw, size.replicaCount)
  const others = Array.from({ length: 3 + draw.integer(4) }, () => drawFault(draw, size.replicaCount))
  const faults = [drain, ...others].map((fault): RealEvent => {
    // Soon after something was asked for, while it is being done.
    const near = asked[draw.integer(asked.length)]?.atMs ?? 0
    return { atMs: near + draw.integer(250), what: 'fault', fault }
  })
  return { seed, ...size, events: [...asked, ...faults].sort((one, other) => one.atMs - other.atMs) }
}

function askedFor(draw: Draw, submission: Submission): RealEvent[] {
  const atMs = draw.integer(spanMs)
  const submit: RealEvent = { atMs, what: 'submit', submission }
  if (!draw.chance(0.15)) return [submit]
  return [submit, { atMs: atMs + draw.pick([20, 400]), what: 'cancel', number: submission.number }]
}

function drawDrain(draw: Draw, replicaCount: number): RealFault {
  const hurriedAfterMs = draw.pick([null, null, 0, 300])
  return { kind: 'drain', victim: draw.integer(replicaCount), downMs: draw.integer(1200), hurriedAfterMs }
}

function drawFault(draw: Draw, replicaCount: number): RealFault {
  const downMs = draw.integer(1200)
  return draw.pick<() => RealFault>([
    () => ({ kind: 'kill', victim: draw.integer(replicaCount), downMs }),
    () => ({ kind: 'kill', victim: draw.integer(replicaCount), downMs }),
    () => ({ kind: 'kill', victim: 'plane', downMs }),
    () => ({ kind: 'leave', victim: 'plane', downMs }),
    () => drawDrain(draw, replicaCount),
    () => ({ kind: 'cut' }),
  ])()
}
