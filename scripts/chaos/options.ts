// The flags of the chaos suite.

import { parseArgs } from 'node:util'

export type ChaosOptions = {
  readonly seeds: readonly number[]
  /** Only say what the schedules are. */
  readonly isPrinting: boolean
  /** How many more with real processes. */
  readonly realCount: number
}

/** The person at the keyboard can mend it; the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const flags = {
  seeds: { type: 'string' },
  from: { type: 'string', default: '1' },
  seed: { type: 'string' },
  print: { type: 'string' },
  real: { type: 'string', default: '0' },
} as const

const usage = 'There are: --seeds N, --from N, --seed K, --print K and --real N.'

export function readOptions(args: readonly string[]): ChaosOptions {
  const { seeds, from, seed, print, real } = parse(args)
  const one = seed ?? print
  const realCount = numberOf('real', real)
  if (one !== undefined) return { seeds: [numberOf('seed', one)], isPrinting: print !== undefined, realCount }
  const count = seeds === undefined && realCount > 0 ? 0 : numberOf('seeds', seeds ?? '25')
  const first = numberOf('from', from)
  return { seeds: Array.from({ length: count }, (_, index) => first + index), isPrinting: false, realCount }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags }).values
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : 'these flags do not fit'}. ${usage}`)
  }
}

function numberOf(flag: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new UsageError(`--${flag} takes a whole number, not ${JSON.stringify(text)}. ${usage}`)
}
