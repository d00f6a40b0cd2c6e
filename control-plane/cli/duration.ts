// Durations as people type them: 90s, 15m, 12h, 30d.

import { InvalidArgumentError } from 'commander'

const unitsMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds. Throws commander's `InvalidArgumentError`. */
export function parseDuration(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const unitMs = Object.entries(unitsMs).find(([name]) => name === unit)?.[1]
  if (count === undefined || unitMs === undefined) {
    throw new InvalidArgumentError('Write a number and its unit: 90s, 15m, 12h or 30d.')
  }
  return Number(count) * unitMs
}
