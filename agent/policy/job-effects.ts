// The jobs that this agent has, as a policy file is checked against them.

import { jobs } from '@sallyport/protocol'
import type { JobEffects } from './policy-file.ts'

export function jobEffects(): JobEffects {
  return new Map(Object.entries(jobs).map(([name, { effect }]) => [name, effect]))
}
