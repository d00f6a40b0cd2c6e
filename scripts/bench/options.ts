// The flags of the bench.

import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { type ContestantName, contestantNames } from './contestants.ts'
import { type Work, works } from './work.ts'

export type BenchOptions = {
  /** The length of one round. */
  readonly roundMs: number
  readonly roundCount: number
  readonly startCount: number
  readonly userCount: number
  readonly works: readonly Work[]
  readonly contestants: readonly ContestantName[]
  readonly measuresService: boolean
  readonly inFlight: readonly number[]
  readonly upstreamMs: readonly number[]
  /** Where the files of the contestants go: their journals and stores commit to that disk. */
  readonly directory: string
  /** Where the figures go as JSON. */
  readonly json: string | undefined
  /** Whether docs/bench.md is written. */
  readonly write: boolean
}

/** A mistake of who typed the flags. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const everything = [...works, ...contestantNames, 'service'] as const

const usage = `--seconds S      length of one round (0.6)
--rounds N       rounds of each contestant in each case (5; 3 where they take very long)
--starts N       starts of each near side (5)
--users N        size of the directory (1000)
--only NAMES     of ${everything.join(', ')}: these works, these contestants, and the installed service
--in-flight NS   calls at a time (1,10,100)
--upstream MSS   added to each answer of JumpCloud, in ms (0,20)
--directory DIR  for journals and stores (${tmpdir()})
--json FILE      the figures as JSON
--write          docs/bench.md`

const list = z.string().transform((text) => text.split(','))
const count = z.coerce.number().int().min(1)
const flags = z.object({
  seconds: z.coerce.number().positive(),
  rounds: count,
  starts: count,
  users: count,
  only: list.pipe(z.array(z.enum(everything))),
  'in-flight': list.pipe(z.array(z.coerce.number<string>().int().min(1))),
  upstream: list.pipe(z.array(z.coerce.number<string>().int().min(0))),
  directory: z.string(),
  json: z.string().optional(),
  write: z.boolean(),
})

/** Throws a `UsageError` that lists the flags. */
export function readOptions(args: readonly string[]): BenchOptions {
  const parsed = flags.safeParse(parse(args))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new UsageError(`--${String(issue?.path[0])}: ${issue?.message}\n${usage}`)
  }
  const { seconds, rounds, starts, users, only, upstream, directory, json, write, 'in-flight': inFlight } = parsed.data
  const among = <Name extends string>(names: readonly Name[]) => {
    const named = names.filter((name) => only.some((wanted) => wanted === name))
    return named.length === 0 ? names : named
  }
  return {
    ...{ roundMs: seconds * 1000, roundCount: rounds, startCount: starts, userCount: users },
    ...{ works: among(works), contestants: among(contestantNames), inFlight, upstreamMs: upstream },
    measuresService: only.includes('service'),
    ...{ directory, json, write },
  }
}

function parse(args: readonly string[]) {
  const options = {
    seconds: { type: 'string', default: '0.6' },
    rounds: { type: 'string', default: '5' },
    starts: { type: 'string', default: '5' },
    users: { type: 'string', default: '1000' },
    only: { type: 'string', default: everything.join(',') },
    'in-flight': { type: 'string', default: '1,10,100' },
    upstream: { type: 'string', default: '0,20' },
    directory: { type: 'string', default: tmpdir() },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
  } as const
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : 'these flags do not fit'}\n${usage}`)
  }
}
