// The states of a run, and the one function that changes them. When to step is decided elsewhere.

import type { Clock } from '../ports/clock.ts'
import type { AuditEntry, RunChange, RunStep, Store } from '../store/store.ts'
import { inDoubt } from './doubt.ts'
import type { FreshPage, Run, RunState } from './run.ts'

/*
                   submit ──── where a replica has room ─┐
                     │                                   │
                     ▼                                   ▼
    ┌───────────── queued ─────────── send ───────────▶ sent ──accept──▶ accepted
    │              │ │ ▲                                 │                  │
    │              │ │ ├─────────── giveBack ────────────┴──────────────────┤   next: another attempt
    │              │ │ └─────────── takeOver: in doubt from here on ────────┤
    │              │ └─cancelQueued──▶ cancelled ◀───────── cancel ─────────┤
    │              └───────fail──────▶ failed ◀──────────── fail ───────────┤
    │                                  done ◀────────────── finish ─────────┤
    │                                  refused ◀─────────── refuse ─────────┤
    └──────────────expire────────────▶ expired ◀─────────── outlive ────────┘

    In doubt, what would promise that nothing was done (`cancel`, `cancelQueued`, `refuse`, `outlive`, `expire`) is a `fail`: doubt.ts.
    `sent`, `accepted` and `parked` are *held*: some replica has the attempt. `park` leads from the first two to `parked`, where a
    run waits for a credential, and `goOn` from there to `accepted`. The five at the ends are final.
    `expire` is the store's, for all queued runs at once. A step applies only at the attempt that it was decided for.
*/

export const heldStates = ['sent', 'accepted', 'parked'] as const satisfies readonly RunState[]

const steps = {
  send: { from: ['queued'], to: 'sent' },
  accept: { from: ['sent'], to: 'accepted' },
  park: { from: ['sent', 'accepted'], to: 'parked' },
  goOn: { from: ['parked'], to: 'accepted' },
  giveBack: { from: heldStates, to: 'queued' },
  takeOver: { from: heldStates, to: 'queued' },
  cancelQueued: { from: ['queued'], to: 'cancelled' },
  cancel: { from: heldStates, to: 'cancelled' },
  finish: { from: heldStates, to: 'done' },
  fail: { from: ['queued', ...heldStates], to: 'failed' },
  refuse: { from: heldStates, to: 'refused' },
  outlive: { from: heldStates, to: 'expired' },
} as const satisfies Record<string, { readonly from: readonly RunState[]; readonly to: RunState }>

export type StepName = keyof typeof steps

/** `page`: the last one of the attempt. It and `noted` are stored with the step or not at all. */
export type StepChange = Omit<RunChange, 'finishedAt'> & { readonly page?: FreshPage; readonly noted?: AuditEntry }

/** Resolves with the run as it then is, durably; with `undefined` where it was no longer where the step begins. */
export type Step = (
  run: Pick<Run, 'id' | 'attempt' | 'doubtful'>,
  name: StepName,
  change?: StepChange,
) => Promise<Run | undefined>

type StepOptions = {
  readonly store: Pick<Store, 'runs'>
  readonly clock: Pick<Clock, 'now'>
  /** Called after each step that changed something, with the page that it stored. */
  readonly changed: (run: string, page?: FreshPage) => void
}

export function createStep({ store, clock, changed }: StepOptions): Step {
  return async ({ id, attempt, doubtful }, decided, { page, noted, ...details } = {}) => {
    const asDecided = { name: decided, change: details }
    const { name, change } = doubtful ? inDoubt(asDecided) : asDecided
    const { from, to } = steps[name]
    const ending = isFinal(to) ? { finishedAt: clock.now() } : {}
    const beside = { ...(page === undefined ? {} : { page }), ...(noted === undefined ? {} : { noted }) }
    const run = await store.runs.step({ run: id, from, attempt, to, change: { ...change, ...ending }, ...beside })
    if (run !== undefined) changed(id, page)
    return run
  }
}

export function isFinal(state: RunState): boolean {
  return state !== 'queued' && !isHeld(state)
}

export function isHeld(state: RunState): boolean {
  return heldStates.some((held) => held === state)
}

/** Changes a held run without a step. Undefined where the attempt is not held any more. */
export function markHeld(
  store: Pick<Store, 'runs'>,
  { id: run, attempt }: Pick<Run, 'id' | 'attempt'>,
  mark: Pick<RunStep, 'change' | 'noted'>,
): Promise<Run | undefined> {
  return store.runs.step({ run, attempt, from: heldStates, ...mark })
}
