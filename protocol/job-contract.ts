// What a job is, as both ends see it. How it is done is the agent's handler of the same name.

import type { z } from 'zod'

/** `read` changes nothing. `write` changes the directory, even if it usually does not. */
export type Effect = 'read' | 'write'

export type JobChanges = {
  /** Which params hold the ids of the groups. */
  readonly groups: readonly string[]
  /** Which params hold the ids of the users whom it adds or removes; of these the policy may protect some, and cap how many. */
  readonly users?: readonly string[]
  readonly members?: 'add' | 'remove'
}

export type JobDocs = {
  /** One sentence: what the caller gets, or what is changed. */
  readonly summary: string
  /** The JumpCloud calls that the handler makes, `METHOD /path`. */
  readonly calls: readonly string[]
  /** JumpCloud scopes of which the role needs each; the read-only form where it is enough. */
  readonly scopes: readonly string[]
  /** Params that work, as they would be sent. */
  readonly example: unknown
}

export type JobContract<Params extends z.ZodType = z.ZodType, Row extends z.ZodType = z.ZodType> = {
  readonly name: string
  readonly effect: Effect
  /** `one` for a job that answers with exactly one row: it overtakes listings. */
  readonly rows: 'one' | 'many'
  /** Of a write: what it changes. The policy asks about this. */
  readonly changes?: JobChanges
  /**
   * Of a write: asked for twice, it changes once, and its handler looks before it sends. Only such a run is given to another
   * replica when the first one is lost; any other ends with the outcome `unknown`.
   */
  readonly repeatable?: boolean
  /** Strict: a misspelt input is refused before any request. */
  readonly params: Params
  /** An allow-list: what it does not name does not leave the customer's network. */
  readonly row: Row
  readonly docs: JobDocs
}

/** Keeps the exact types of a contract; the file of a job default-exports what this returns. */
export function defineJob<Params extends z.ZodType, Row extends z.ZodType>(
  contract: JobContract<Params, Row>,
): JobContract<Params, Row> {
  return contract
}

export type ParamsOf<Contract> = Contract extends JobContract<infer Params, z.ZodType> ? z.output<Params> : never
export type ParamsInputOf<Contract> = Contract extends JobContract<infer Params, z.ZodType> ? z.input<Params> : never
export type RowOf<Contract> = Contract extends JobContract<z.ZodType, infer Row> ? z.output<Row> : never
