// Owns repeatable chance: the same seed draws the same tenant on every machine.

import { createHash } from 'node:crypto'

export interface Draw {
  /** An integer from 0 up to, not including, `below`. */
  readonly integer: (below: number) => number
  readonly pick: <T>(choices: readonly [T, ...T[]]) => T
  readonly chance: (probability: number) => boolean
  readonly hex: (digits: number) => string
}

/** Draws from mulberry32, which is short, fast and good enough for test data. */
export function createDraw(seed: string | number): Draw {
  let state = createHash('sha256').update(String(seed)).digest().readUInt32LE(0)
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const integer = (below: number): number => Math.floor(fraction() * below)
  return {
    integer,
    pick: (choices) => choices[integer(choices.length)] ?? choices[0],
    chance: (probability) => fraction() < probability,
    hex: (digits) => Array.from({ length: digits }, () => integer(16).toString(16)).join(''),
  }
}
