// The most private memory that processes were seen with, looked at ten times a second.

import { privateMiB } from './process-figures.ts'

export type MemoryWatch = Disposable & { readonly peakMiB: ReadonlyMap<string, number> }

const lookMs = 100

/** `pids` gives them by a name; one that is 0, or gone, is passed over. */
export function watchMemory(pids: () => ReadonlyMap<string, number>): MemoryWatch {
  const peakMiB = new Map<string, number>()
  const look = () => {
    for (const [name, pid] of pids()) peakMiB.set(name, Math.max(peakMiB.get(name) ?? 0, seenMiB(pid)))
  }
  const timer = setInterval(look, lookMs)
  return { peakMiB, [Symbol.dispose]: () => clearInterval(timer) }
}

function seenMiB(pid: number): number {
  try {
    return privateMiB(pid)
  } catch {
    return 0
  }
}
