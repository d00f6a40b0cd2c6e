// The flags of the chaos suite.

import { parseArgs } from 'node:util'

export type ChaosOptions = {
  readonly seeds: readonly number[]
  /** Only say what the schedules are. */
  readonly isPrinting: boolean
  /** To play with real processes. */
  readonly realSeeds: readonly number[]
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
  real: { type: 'string' },
} as const

const usage = 'There are: --seeds N, --from N, --seed K, --print K and --real N.'

export function readOptions(args: readonly string[]): ChaosOptions {
  const { seeds, from, seed, print, real } = parse(args)
  const first = numberOf('from', from)
  const upwards = (count: number) => Array.from({ length: count }, (_, index) => first + index)
  const realSeeds = upwards(numberOf('real', real ?? '0'))
  const one = seed ?? print
  if (one !== undefined) return { seeds: [numberOf('seed', one)], isPrinting: print !== undefined, realSeeds }
  const usualCount = real === undefined ? '25' : '0'
  return { seeds: upwards(numberOf('seeds', seeds ?? usualCount)), isPrinting: false, realSeeds }
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
