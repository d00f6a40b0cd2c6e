// What can go wrong in a world, as data. What it does is the business of `inflict.ts`.

import type { Draw } from '../support/jumpcloud/random.ts'
import type { End } from './link.ts'
import type { Far } from './replica-host.ts'
import type { WeatherReport } from './weather.ts'

/** Of a replica, by its number. */
type OfLink = { readonly replica: number; readonly far: Far }

export type Fault =
  /** Every connection of the link is reset. */
  | (OfLink & { readonly kind: 'cut' })
  /** One end of every connection is gone, and the other does not know. */
  | (OfLink & { readonly kind: 'strand'; readonly end: End })
  | (OfLink & { readonly kind: 'weather'; readonly report: WeatherReport; readonly forMs: number })
  /** `silent`: the host lost its power, and nobody resets its connections. */
  | { readonly kind: 'crash'; readonly replica: number; readonly how: 'reset' | 'silent'; readonly downMs: number }
  /** SIGTERM; `hurriedAfterMs`: a second one so much later. */
  | {
      readonly kind: 'drain'
      readonly replica: number
      readonly downMs: number
      readonly hurriedAfterMs: number | null
    }
  | { readonly kind: 'plane_crash'; readonly downMs: number }
  | { readonly kind: 'plane_restart'; readonly downMs: number }
  /** Somebody sets the wall clock of a host. */
  | { readonly kind: 'clock_jump'; readonly replica: number | 'plane'; readonly ms: number }
  /** The replica that has the run of this submission is gone for so long; `held`: for the control plane alone. */
  | {
      readonly kind: 'lose_writer'
      readonly number: number
      readonly how: 'reset' | 'silent' | 'held'
      readonly downMs: number
    }
  | { readonly kind: 'jumpcloud'; readonly lever: JumpCloudLever; readonly forMs: number }

/** A lever of the simulated JumpCloud; what it acts on is named as its options name it. */
export type JumpCloudLever = {
  readonly name:
    | ('tooManyRequests' | 'serverError' | 'latencyMs' | 'resetBeforeAnswer' | 'resetMidBody' | 'lateWrite')
    /** The credential is refused, for all or for one thing alone. */
    | 'answerStatus'
    /** Somebody else takes changes back. */
    | 'undoChange'
  readonly options: Readonly<Record<string, string | number>>
}

const seconds = 1000

export function drawFault(draw: Draw, replicaCount: number): Fault {
  const replica = draw.integer(replicaCount)
  const downMs = draw.pick([0, 200, 3 * seconds, 12 * seconds, 70 * seconds])
  return draw.pick<() => Fault>([
    () => ({ kind: 'cut', replica, far: drawFar(draw) }),
    () => ({ kind: 'strand', replica, far: drawFar(draw), end: draw.pick(['near', 'far']) }),
    () => ({ kind: 'weather', replica, far: drawFar(draw), report: drawWeather(draw), forMs: drawSpan(draw) }),
    () => ({ kind: 'weather', replica, far: drawFar(draw), report: drawWeather(draw), forMs: drawSpan(draw) }),
    () => ({ kind: 'crash', replica, how: draw.pick(['reset', 'silent']), downMs }),
    () => ({ kind: 'crash', replica, how: draw.pick(['reset', 'silent']), downMs }),
    () => ({ kind: 'drain', replica, downMs, hurriedAfterMs: draw.pick([null, null, 0, 400, 3 * seconds]) }),
    () => ({ kind: 'plane_crash', downMs }),
    () => ({ kind: 'plane_restart', downMs }),
    () => ({ kind: 'clock_jump', replica: draw.chance(0.4) ? 'plane' : replica, ms: drawJump(draw) }),
    () => ({ kind: 'jumpcloud', lever: drawLever(draw), forMs: drawSpan(draw) }),
    () => ({ kind: 'jumpcloud', lever: drawLever(draw), forMs: drawSpan(draw) }),
  ])()
}

/** A process ends without the time to put down what it has. */
export function isAbrupt(fault: Fault): boolean {
  switch (fault.kind) {
    case 'crash':
    case 'plane_crash':
      return true
    case 'drain':
      return fault.hurriedAfterMs !== null
    case 'lose_writer':
      return fault.how !== 'held'
    default:
      return false
  }
}

function drawFar(draw: Draw): Far {
  return draw.chance(0.65) ? 'plane' : 'jumpcloud'
}

function drawSpan(draw: Draw): number {
  return draw.pick([100, 2 * seconds, 8 * seconds, 25 * seconds, 70 * seconds])
}

function drawJump(draw: Draw): number {
  return draw.pick([2, 20, 100]) * seconds * draw.pick([1, -1])
}

function drawWeather(draw: Draw): WeatherReport {
  return draw.pick<() => WeatherReport>([
    () => ({ kind: 'held' }),
    () => ({ kind: 'refusing' }),
    () => ({ kind: 'late', ms: draw.pick([20, 200, 1500]) }),
    () => ({ kind: 'slow', bytesPerSecond: draw.pick([5_000, 10_000, 60_000]) }),
  ])()
}

export const memberChanges = { method: 'POST', path: '/api/v2/usergroups/*/members' } as const

function drawLever(draw: Draw): JumpCloudLever {
  const count = draw.pick([1, 2, 6])
  const change = { ...memberChanges, count }
  const any = draw.pick<JumpCloudLever['options']>([{ count }, { count, path: '/api/systemusers' }, change])
  return draw.pick<() => JumpCloudLever>([
    () => ({ name: 'tooManyRequests', options: { ...any, ...draw.pick([{}, { retryAfter: draw.pick([1, 5, 90]) }]) } }),
    () => ({ name: 'serverError', options: { ...any, status: draw.pick([500, 503]) } }),
    () => ({ name: 'latencyMs', options: { ...any, ms: draw.pick([50, 900, 4000, 31_000]) } }),
    () => ({ name: 'resetBeforeAnswer', options: any }),
    () => ({ name: 'resetMidBody', options: any }),
    () => drawUndoing(draw, count),
    () => ({ name: 'answerStatus', options: { status: 401 } }),
    () => ({ name: 'answerStatus', options: { ...any, status: 401 } }),
    () => ({ name: 'lateWrite', options: { ...change, delayMs: draw.pick([100, 3000, 20_000]) } }),
  ])()
}

export function drawUndoing(draw: Draw, count: number): JumpCloudLever {
  const delayMs = draw.pick([0, 100, 3 * seconds, 30 * seconds, 75 * seconds])
  return { name: 'undoChange', options: { ...memberChanges, count, delayMs } }
}
