// One call to its end: it waits for its turn, is sent, and is sent again where `retry.ts` says so.

import type { Random } from '../ports/random.ts'
import type { Answer } from './answer.ts'
import type { Call } from './call.ts'
import { CallError } from './call-error.ts'
import type { Governor, Lane, Turn } from './governor.ts'
import { type RequestPorts, request } from './request.ts'
import { retryWaitMs } from './retry.ts'

/** The narrowest log that the client needs. */
export type CallLog = { debug(event: string, fields: Readonly<Record<string, unknown>>): void }

export type Performance = {
  readonly governor: Governor
  readonly lane: Lane
  readonly ports: RequestPorts
  readonly random: Random
  readonly signal: AbortSignal
  /** Awaited right before each sending; what it throws ends the call unsent. */
  readonly beforeSending: () => Promise<void>
  readonly log?: CallLog | undefined
}

/** The 2xx answer. Throws `CallError`, the signal's reason, or what `beforeSending` threw. */
export async function perform(call: Call, performance: Performance): Promise<Answer> {
  const { governor, lane, ports, random, signal } = performance
  for (let attempt = 1; ; attempt += 1) {
    const turn = await governor.admit(lane, signal)
    const outcome = await sendOnce(call, performance, turn).finally(turn.release)
    if (!(outcome instanceof CallError)) return outcome
    const waitMs = retryWaitMs(outcome, { effect: call.effect, attempt, random })
    if (waitMs === undefined) throw outcome
    await ports.clock.sleep(waitMs, signal)
  }
}

async function sendOnce(call: Call, performance: Performance, turn: Turn): Promise<Answer | CallError> {
  const { ports, signal, beforeSending, log } = performance
  const { operation, method, path } = call
  await beforeSending()
  try {
    const answer = await request(call, ports, signal)
    turn.succeeded()
    log?.debug('jumpcloud.answered', { operation, method, path, status: answer.status })
    return answer
  } catch (error) {
    if (!(error instanceof CallError)) throw error
    if (error.status === 429) turn.slowedDown('rate', error.retryAfterMs)
    if (error.status === 503) turn.slowedDown('overload', error.retryAfterMs)
    log?.debug('jumpcloud.call_failed', { operation, method, path, code: error.code, status: error.status })
    return error
  }
}
