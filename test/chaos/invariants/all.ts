// What must hold in every world, whatever went wrong there.

import type { Invariant } from '../evidence.ts'
import { checkDrains } from './drains.ts'
import { checkEffects } from './effects.ts'
import { checkEnds } from './ends.ts'
import { checkExcuses } from './excuses.ts'
import { checkLogs } from './logs.ts'
import { checkOutcomes } from './outcomes.ts'
import { checkPages } from './pages.ts'
import { checkReads } from './reads.ts'
import { checkStreams } from './streams.ts'

export const invariants: readonly Invariant[] = [
  checkEnds,
  checkEffects,
  checkOutcomes,
  checkExcuses,
  checkPages,
  checkStreams,
  checkReads,
  checkLogs,
  checkDrains,
]
