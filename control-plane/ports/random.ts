// Chance as a value that is passed in.

import { randomFillSync } from 'node:crypto'

export type Random = {
  /** Bytes that nobody can guess. */
  bytes(count: number): Buffer
}

/** Asking the operating system costs as much for a page of bytes as for a few. */
const pooledCount = 4096

export const systemRandom: Random = createPool()

function createPool(): Random {
  const pool = Buffer.alloc(pooledCount)
  let left = 0
  return {
    bytes: (count) => {
      if (count > pooledCount) return randomFillSync(Buffer.alloc(count))
      if (count > left) left = randomFillSync(pool).length
      left -= count
      const taken = Buffer.from(pool.subarray(left, left + count))
      // What was given out may be a secret: the pool must not know it any longer.
      pool.fill(0, left, left + count)
      return taken
    },
  }
}
