// What a job may do with JumpCloud: the interface that handlers are given. The secret is nowhere in it.

import type { z } from 'zod'
import type { Step } from './bookmark.ts'
import type { Call } from './call.ts'
import type { EventsQuery, InsightsEvent } from './insights.ts'

type Named = Pick<Call, 'operation' | 'path' | 'ids' | 'query'>

export type Get<Body> = Named & { readonly shape: z.ZodType<Body> }

export type List<Row> = Named & {
  readonly row: z.ZodType<Row>
  readonly idOf: (row: Row) => string
  /** A field of which no two rows have the same value. It is a wish: where JumpCloud refuses it, its own order is read. */
  readonly sort?: string | undefined
}

export type Change = Named & { readonly body: unknown }

/** Every method throws `CallError`, or the reason of the run's signal once that is aborted. */
export type JumpCloudReads = {
  /** The organisation that the connection names; left out where it names none. */
  readonly organisationId: string | undefined
  get<Body>(call: Get<Body>): Promise<Body>
  /** Every row that exists throughout, exactly once. */
  list<Row>(call: List<Row>): AsyncGenerator<Row>
  /** Oldest first. */
  events(query: EventsQuery): AsyncGenerator<InsightsEvent>
}

export type JumpCloudWrites = JumpCloudReads & {
  /**
   * Sends one change by POST, once; the run's signal does not stop it. `mayStart` is asked when its turn has come, right
   * before it is sent, and again before a repetition that is known to be safe (429, or no byte left). `mayLeave` is asked
   * after it, at the last moment before the first byte: opening a connection takes seconds, and the process may have been
   * stopped meanwhile. `withheld` means that one of them said no and that nothing was done. A `CallError` says in `sent`
   * and `refused` what is known.
   */
  change(call: Change, mayStart: () => Promise<boolean>, mayLeave?: () => boolean): Promise<'answered' | 'withheld'>
  /**
   * Looks again and again, for up to 5 s, until `look` sees it; false where it did not, or could not look. What it looks
   * with outlives the run's signal, because a change that was sent is always followed to its outcome.
   */
  verify(look: (jumpcloud: JumpCloudReads) => Promise<boolean>): Promise<boolean>
}

export type Question = Named & Pick<Partial<Call>, 'method' | 'host' | 'body'>

export type JumpCloudLane = JumpCloudWrites & {
  /** Sends a read of which only the answer's status counts; GET if left out. */
  ask(question: Question): Promise<void>
  /** How many requests it has sent so far, repetitions included. */
  callCount(): number
  /**
   * What the lane's listing has handed out since the last call. A row counts once the consumer has asked for the next one,
   * so the one that it looks at is not in it. Undefined where the lane was given no `Progress`, and where it is not in its
   * first listing: what it yields cannot be gone on with then.
   */
  step(): Step | undefined
}
