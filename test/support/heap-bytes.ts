// What this process really holds: the heap after everything that nobody uses any more is collected.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
  return process.memoryUsage().heapUsed
}
