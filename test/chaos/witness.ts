// Stands before the store of a control plane and tells when a run was stored as final: the store itself knows only what the
// wall clock of its host said, and that one jumps.

import { isFinal } from '../../control-plane/runs/step.ts'
import type { Store } from '../../control-plane/store/store.ts'

export function witnessed(store: Store, onFinal: (run: string) => void): Store {
  return {
    ...store,
    runs: {
      ...store.runs,
      step: async (change) => {
        const run = await store.runs.step(change)
        if (run !== undefined && isFinal(run.state)) onFinal(run.id)
        return run
      },
      expire: async (now) => {
        const expired = await store.runs.expire(now)
        for (const run of expired) onFinal(run)
        return expired
      },
    },
  }
}
