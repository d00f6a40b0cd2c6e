// Owns JumpCloud's object ids: 24 lower-case hex digits that grow with time (JumpCloud reference 20).

import type { Draw } from '../random.ts'

export type NewId = (atMs: number) => string

const COUNTER_DIGITS = 6

/** Ids whose first eight digits are the second of their making and whose last six count up. */
export function createIdentifiers(draw: Draw): NewId {
  const machine = draw.hex(10)
  let counter = draw.integer(0x10000)
  return (atMs) => {
    counter += 1
    const second = Math.floor(atMs / 1000)
    return (
      second.toString(16).padStart(8, '0') + machine + (counter % 0x1000000).toString(16).padStart(COUNTER_DIGITS, '0')
    )
  }
}

export function isIdentifier(text: string): boolean {
  return /^[0-9a-f]{24}$/.test(text)
}

/** The id that sorts directly before another one, so that a row put in the middle stays there under `sort=_id`. */
export function identifierBefore(id: string): string {
  return (BigInt(`0x${id}`) - 1n).toString(16).padStart(24, '0')
}
