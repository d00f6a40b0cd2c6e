// The states of a run in this replica, and the one function that changes them.

export type HeldState = 'waiting' | 'running' | 'followed' | 'suspended' | 'answered' | 'forgotten'

const steps: Readonly<Record<HeldState, readonly HeldState[]>> = {
  waiting: ['running', 'suspended', 'answered', 'forgotten'],
  running: ['followed', 'suspended', 'answered', 'forgotten'],
  followed: ['running', 'forgotten'],
  suspended: ['forgotten'],
  answered: ['forgotten'],
  forgotten: [],
}

export type HeldStep = { readonly state: HeldState; to(next: HeldState): void }

/**
 *             begin             answer              forget
 *   waiting ─────────▶ running ─────────▶ answered ─────────▶ forgotten
 *      │               │  ▲  │               ▲
 *      └──── answer ───┼──┼──┼───────────────┘
 *              abandon │  │  │ checkpoint
 *                      ▼  │  ▼
 *               followed ─┘  suspended
 *                     retell
 *
 *   followed · suspended ──▶ forgotten: its answer is there, or it was abandoned
 *   begins as answered: what an earlier process answered, and the plane has not stored, or asks for again
 *   waiting · running ──▶ forgotten: handed back, or abandoned before any change
 *   waiting ──▶ suspended: a read that an earlier process began
 *   followed: abandoned after a change may have left the host. Nothing is told of it, but its answer is waited for and kept.
 *   suspended: a read that the journal has, in a process that is stopping. The next process goes on with it.
 *
 * A step that is not here is a defect and throws.
 */
export function createHeldStep(run: string, first: 'waiting' | 'answered'): HeldStep {
  let state: HeldState = first
  return {
    get state() {
      return state
    },
    to: (next) => {
      if (!steps[state].includes(next)) throw new Error(`run ${run}: no step from ${state} to ${next}`)
      state = next
    },
  }
}
