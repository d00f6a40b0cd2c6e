// What went wrong in a world, where and when: what may excuse that a run did not come to what it was asked for. In a calm world
// there is none.

import type { RecordedRequest } from '../support/jumpcloud/state/recording.ts'
import type { Fault } from './fault.ts'
import type { Far } from './replica-host.ts'

export type Trouble = {
  readonly of: TroubleKind
  /** Of a replica and its links: its name. */
  readonly replica?: string
  /** Of a request: its path. */
  readonly path?: string
  readonly fromMs: number
  /** What it leaves behind for a while included. */
  readonly untilMs: number
}

/** A request is one of JumpCloud's record; what a lever does to all of them is a trouble of JumpCloud. */
export type TroubleKind = 'replica' | 'plane' | 'link to the plane' | 'link to JumpCloud' | 'JumpCloud' | 'request'

type Span = Pick<Trouble, 'fromMs' | 'untilMs'>

const seconds = 1000

/** A half-open connection is noticed, and who waits before the next try comes back; `Retry-After` is obeyed. */
export const aftermathMs = 65 * seconds

export const nameOfReplica = (number: number) => `replica-${number}`

/** None of a fault that says only when another one comes. */
export function troublesOf(fault: Fault, { fromMs, untilMs }: Span): readonly Trouble[] {
  const long = { fromMs, untilMs: untilMs + aftermathMs }
  switch (fault.kind) {
    case 'cut':
    case 'strand':
    case 'weather':
      return [{ of: linkTo(fault.far), replica: nameOfReplica(fault.replica), ...long }]
    case 'crash':
    case 'drain':
      return [{ of: 'replica', replica: nameOfReplica(fault.replica), fromMs, untilMs }]
    case 'plane_crash':
    case 'plane_restart':
      return [{ of: 'plane', ...long }]
    case 'clock_jump':
      return fault.replica === 'plane'
        ? [{ of: 'plane', fromMs, untilMs }]
        : [{ of: 'replica', replica: nameOfReplica(fault.replica), fromMs, untilMs }]
    case 'jumpcloud':
      return [{ of: 'JumpCloud', ...long }]
    case 'lose_writer':
      return []
  }
}

/** What was said into a connection that nobody hears: idle ones grow old by the real time, so some outlive every aftermath. */
export function unheardTrouble(replica: string, far: Far, atMs: number): Trouble {
  return { of: linkTo(far), replica, fromMs: atMs, untilMs: atMs }
}

const linkTo = (far: Far) => (far === 'plane' ? 'link to the plane' : 'link to JumpCloud')

/** Of the requests that got no whole answer, or one that says nothing of what was done. */
export function requestTroubles(requests: readonly RecordedRequest[], worldStartAt: number): readonly Trouble[] {
  return requests.flatMap(({ outcome, status, path, at }) => {
    const isAnswered = outcome === 'answered' && status !== null && status < 500 && status !== 429 && status !== 401
    if (isAnswered) return []
    return [{ of: 'request', path, fromMs: at - worldStartAt, untilMs: at - worldStartAt }]
  })
}
