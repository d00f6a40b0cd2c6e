// Runs that ended: their ids and digests, so that other bytes under a known id are refused, and the answers of writes, so
// that the same bytes get the first outcome and nothing is done twice.

import type { HeldRun } from './held-run.ts'

const keptCount = 10_000

export function createPastRuns() {
  const digests = new Map<string, string>()
  const writes = new Map<string, HeldRun>()

  return {
    remember: (run: HeldRun): void => {
      keep(digests, run.id, run.digest)
      if (run.admission?.effect === 'write' && run.output.answered !== undefined) keep(writes, run.id, run)
    },
    digestOf: (id: string): string | undefined => digests.get(id),
    /** A write that was answered, to be told again. */
    writeOf: (id: string): HeldRun | undefined => writes.get(id),
  }
}

function keep<Value>(map: Map<string, Value>, id: string, value: Value): void {
  map.set(id, value)
  const [oldest] = map.keys()
  if (map.size > keptCount && oldest !== undefined) map.delete(oldest)
}
