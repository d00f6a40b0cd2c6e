// Owns what a lever is: something that stands around the serving of matching requests.

import { z } from 'zod'
import type { Answer } from '../http/answer.ts'
import type { ReceivedRequest } from '../http/receive.ts'
import type { World } from '../state/world.ts'

export const Condition = z.strictObject({
  method: z.string().optional(),
  /** Exact, but `*` stands for one segment and a closing `**` for any rest. */
  path: z.string().optional(),
  /** Lets so many matching requests pass before it acts. */
  after: z.number().int().min(0).optional(),
  /** Acts on so many requests, then never again; without it, on all. */
  count: z.number().int().min(1).optional(),
})
export type Condition = z.infer<typeof Condition>

export type Serve = (request: ReceivedRequest) => Promise<Answer>

/** Calls `serve`, or does not, or calls it later, or changes what comes out of it. */
export type Act = (request: ReceivedRequest, serve: Serve) => Promise<Answer>

export interface Lever {
  /** Takes the lever back. */
  readonly release: () => void
  /** How many requests it has acted on. */
  readonly used: () => number
}

export function matchesCondition({ method, path }: Condition, request: { method: string; path: string }): boolean {
  if (method !== undefined && method !== request.method) return false
  return path === undefined || patternOf(path).test(request.path)
}

function patternOf(path: string): RegExp {
  const source = path
    .split('/')
    .map((segment) => {
      if (segment === '**') return '.*'
      return segment === '*' ? '[^/]+' : segment.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    })
    .join('/')
  return new RegExp(`^${source}$`)
}

/** What a lever may touch besides the requests that pass by. */
export interface Site {
  readonly world: World
  readonly pull: (condition: Condition, act: Act) => Lever
}

export interface LeverKind<Options, Pulled extends Lever> {
  /** For tests in the same process. */
  readonly local: (site: Site) => (options: Options) => Pulled
  /** For the control port: the same, of anything that passes the schema. */
  readonly remote: (site: Site) => (options: unknown) => Pulled
}

export function leverKind<Schema extends z.ZodType, Pulled extends Lever>(
  schema: Schema,
  pull: (site: Site, options: z.output<Schema>) => Pulled,
): LeverKind<z.input<Schema>, Pulled> {
  const bind = (site: Site) => (options: unknown) => pull(site, schema.parse(options))
  return { local: bind, remote: bind }
}
