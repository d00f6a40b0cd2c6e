// Chance as a value that is passed in.

import { randomBytes } from 'node:crypto'

export type Random = {
  /** At least 0, less than 1; for jitter, never for secrets. */
  fraction(): number
  /** Bytes that nobody can guess. */
  bytes(count: number): Buffer
}

export const systemRandom: Random = {
  fraction: () => Math.random(),
  bytes: (count) => randomBytes(count),
}
