// Chance as a value that is passed in.

import { randomBytes } from 'node:crypto'

export type Random = {
  /** Bytes that nobody can guess. */
  bytes(count: number): Buffer
}

export const systemRandom: Random = {
  bytes: (count) => randomBytes(count),
}
