// Owns levers on time and on the connection: slow, held, reset, and writes that land after their connection died.

import { z } from 'zod'
import type { Answer } from '../http/answer.ts'
import { type Act, Condition, type Lever, leverKind, type Site } from './lever.ts'

const RESET: Answer = { status: 0, delivery: { how: 'reset' } }

export const latencyMs = leverKind(
  Condition.extend({ ms: z.number().min(0) }),
  ({ pull, world }, { ms, ...condition }) =>
    pull(condition, async (request, serve) => {
      await world.timers.wait(ms)
      return serve(request)
    }),
)

/** Keeps requests waiting, unserved, until it is released; then it lets everything through. */
export const hold = leverKind(Condition, (site, condition) =>
  gate(site, condition, (opened) => async (request, serve) => {
    await opened
    return serve(request)
  }),
)

/** The request was applied; its answer waits until the lever is released. */
export const holdAnswer = leverKind(Condition, (site, condition) =>
  gate(site, condition, (opened) => async (request, serve) => {
    const answer = await serve(request)
    await opened
    return answer
  }),
)

function gate({ pull }: Site, condition: Condition, act: (opened: Promise<void>) => Act): Lever {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  const lever = pull(condition, act(opened))
  const release = (): void => {
    lever.release()
    open()
  }
  return { ...lever, release }
}

/** The request was read and not applied; the client cannot know that. */
export const resetBeforeAnswer = leverKind(Condition, ({ pull }, condition) => pull(condition, async () => RESET))

/** The request was applied; half of the body arrives. An answer without a body is reset before its headers. */
export const resetMidBody = leverKind(Condition, ({ pull }, condition) =>
  pull(condition, async (request, serve) => {
    const answer = await serve(request)
    const isEmpty = answer.json === undefined && answer.text === undefined
    return { ...answer, delivery: { how: isEmpty ? 'reset' : 'cut' } }
  }),
)

export interface LateWrite extends Lever {
  /** Writes whose connection was reset and that have not landed. */
  readonly pendingCount: () => number
  /** Lets them land now. */
  readonly apply: () => Promise<void>
}

const LateWriteOptions = Condition.extend({
  /** Lands by itself so long after the reset, on the simulator's clock; without it, only by `apply`. */
  delayMs: z.number().min(0).optional(),
})

export const lateWrite = leverKind(LateWriteOptions, ({ pull, world }, { delayMs, ...condition }): LateWrite => {
  const pending = new Set<() => Promise<Answer>>()
  const land = async (write: () => Promise<Answer>): Promise<void> => {
    if (pending.delete(write)) await write()
  }
  const lever = pull(condition, async (request, serve) => {
    const write = (): Promise<Answer> => serve(request)
    pending.add(write)
    if (delayMs !== undefined) world.timers.after(delayMs, () => void land(write))
    return RESET
  })
  const apply = async (): Promise<void> => {
    for (const write of [...pending]) await land(write)
  }
  return { ...lever, pendingCount: () => pending.size, apply }
})
