// Tells a person who waits what is waited for.

import type { Clock } from '../ports/clock.ts'

const seconds = 1000
const patienceMs = 3 * seconds

type Saying = { readonly says: string; readonly complain: (line: string) => void; readonly clock: Pick<Clock, 'after'> }

/** The work's own end; `says` is said once where that takes longer than three seconds. */
export async function sayIfSlow<Result>(work: Promise<Result>, { says, complain, clock }: Saying): Promise<Result> {
  const callOff = clock.after(patienceMs, () => complain(says))
  return await work.finally(callOff)
}
