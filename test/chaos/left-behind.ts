// What a world that is over may not leave in the process: sockets, servers, and promises that were rejected while nobody
// listened.

import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export type ResourceWatch = Disposable & {
  /** In words; what closes by itself within a moment is given that moment. */
  leftBehind(): Promise<readonly string[]>
}

const owned = /^(TCPServerWrap|TCPSocketWrap|Timeout|FSReqPromise|FSReqCallback)$/
const patienceTurns = 300

/** Begins now. */
export function createResourceWatch(): ResourceWatch {
  const before = countResources()
  const unheard: string[] = []
  const hear = (reason: unknown) => {
    unheard.push(`nobody heard a rejection: ${reason instanceof Error ? (reason.stack ?? reason.message) : reason}`)
  }
  process.on('unhandledRejection', hear)
  const grown = () => [...countResources()].filter(([kind, count]) => count > (before.get(kind) ?? 0))
  return {
    leftBehind: async () => {
      for (let turns = 0; turns < patienceTurns && grown().length > 0; turns += 1) await turn()
      return [...unheard, ...grown().map(([kind, count]) => `left open: ${count} of ${kind}`)]
    },
    [Symbol.dispose]: () => void process.off('unhandledRejection', hear),
  }
}

function countResources(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo().filter((kind) => owned.test(kind))) {
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts
}

/** What the heap holds once everything that nobody needs is gone. */
export function collectedHeapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
  return process.memoryUsage().heapUsed
}
