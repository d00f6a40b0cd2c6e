// One run in this replica, and the one function that changes its state.

import type { Effect, JobContract, JobName } from '@sallyport/protocol'
import type { Order } from './batch.ts'
import { Output } from './output.ts'

/**
 *            begin                answer
 *   waiting ───────▶ running ───────────────▶ answered ──────────────▶ forgotten
 *      │                                          ▲      acknowledged        │
 *      └──────────────────────────────────────────┤                          │ a write, asked again: its first outcome
 *         refused · cancelled · expired           └──────────────────────────┘
 *   waiting · running ──▶ forgotten: handed back, or abandoned at the word of the plane; a change that may have left
 *   is followed to its answer first, and that answer is kept
 */
export type HeldState = 'waiting' | 'running' | 'answered' | 'forgotten'

const steps: Readonly<Record<HeldState, readonly HeldState[]>> = {
  waiting: ['running', 'answered', 'forgotten'],
  running: ['answered', 'forgotten'],
  answered: ['forgotten'],
  forgotten: ['answered'],
}

/** What the gate made of an order. */
export type Admission = {
  readonly job: JobName
  readonly effect: Effect
  readonly contract: JobContract
  readonly params: unknown
  readonly connection: string
}

export type HeldRun = {
  readonly id: string
  readonly digest: string
  readonly order: Order
  readonly received: { readonly wallAt: number; readonly monotonicAt: number }
  readonly output: Output
  readonly abort: AbortController
  admission: Admission | undefined
  state: HeldState
  attempt: number
  /** A cancel came: nothing more may be sent to JumpCloud that changes it. */
  cancelled: boolean
  /** A change may have left the host: it can no longer be cancelled, only be told. */
  changing: boolean
  /** The plane gave it to another attempt: nothing more of it is told, unless it is asked for again. */
  abandoned: boolean
}

/** `changed` is called with the run whenever it may have something new to say. */
export function holdRun(order: Order, received: HeldRun['received'], changed: (run: HeldRun) => void): HeldRun {
  const output = new Output(order.run.id, order.attempt, () => changed(run))
  const run: HeldRun = {
    id: order.run.id,
    digest: order.digest,
    order,
    received,
    output,
    abort: new AbortController(),
    admission: undefined,
    state: 'waiting',
    attempt: order.attempt,
    cancelled: false,
    changing: false,
    abandoned: false,
  }
  return run
}

/** Changes the state; a step that the drawing does not have is a defect and throws. */
export function step(run: HeldRun, to: HeldState): void {
  if (!steps[run.state].includes(to)) throw new Error(`run ${run.id}: no step from ${run.state} to ${to}`)
  run.state = to
}
