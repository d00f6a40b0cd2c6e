// What a world that is over may not leave in the process: sockets, servers, open files, what it knew of its runs, and promises that
// were rejected while nobody listened.

import { readdirSync, readlinkSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { queryObjects, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export type ResourceWatch = Disposable & {
  /** In words; what closes by itself within a moment is given that moment. */
  leftBehind(): Promise<readonly string[]>
}

const owned = /^(TCPServerWrap|TCPSocketWrap|Timeout|FSReqPromise|FSReqCallback)$/
const patienceTurns = 300

/** A class, whose constructor may be its own business. */
export type Kind = { readonly prototype: object }

/** How many of the kind anybody holds. Takes as long as a small world. */
export function objectCount(kind: Kind): number {
  // It is typed as a function, which every class is; and it answers with texts where it is asked for them.
  return Number(queryObjects(kind as () => void, { format: 'count' }))
}

/** In words. */
export function objectsLeft(kinds: readonly Kind[]): readonly string[] {
  const counts = kinds.map((kind) => ({ kind, count: objectCount(kind) }))
  return counts.flatMap(({ kind, count }) =>
    count === 0 ? [] : [`left in memory: ${count} of ${kind.prototype.constructor.name}`],
  )
}

/** Begins now. `folder` is where the world has its files. */
export function createResourceWatch(folder: string): ResourceWatch {
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
      return [
        ...unheard,
        ...grown().map(([kind, count]) => `left open: ${count} of ${kind}`),
        ...openFiles(folder).map((path) => `left open: ${path}`),
      ]
    },
    [Symbol.dispose]: () => void process.off('unhandledRejection', hear),
  }
}

/** SQLite has its own file handles, of which Node knows nothing. */
function openFiles(folder: string): readonly string[] {
  const directory = '/proc/self/fd'
  return readdirSync(directory).flatMap((fd) => {
    try {
      const path = readlinkSync(`${directory}/${fd}`)
      return path.startsWith(folder) ? [path] : []
    } catch {
      // That of the listing itself is closed again.
      return []
    }
  })
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
