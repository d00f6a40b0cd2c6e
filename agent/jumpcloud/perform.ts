// One call to its end: it waits for its turn, is sent, and is sent again where `retry.ts` says so.

import { ExchangeError } from '../egress/exchange.ts'
import type { Random } from '../ports/random.ts'
import type { Access, Pass } from './access.ts'
import type { Answer } from './answer.ts'
import type { Budget } from './budget.ts'
import { type Call, pathOf } from './call.ts'
import { CallError } from './call-error.ts'
import type { Governor, Lane, Turn } from './governor.ts'
import { type RequestPorts, request } from './request.ts'
import { type RetryWait, retryWaitMs } from './retry.ts'

/** The narrowest log that the client needs. */
export type CallLog = { debug(event: string, fields: Readonly<Record<string, unknown>>): void }

/** A request that was sent, and what came of it. The path has its ids, and no query, which may hold what a caller searched for. */
export type Called = {
  readonly operation: string
  readonly method: Call['method']
  readonly path: string
  /** Null where no answer came. */
  readonly status: number | null
  /** Of the error that it was. */
  readonly code: string | null
}

export type OnCalled = (called: Called) => void

export type Performance = {
  readonly governor: Governor
  readonly lane: Lane
  readonly ports: Omit<RequestPorts, 'pass' | 'provenOrganisationId'>
  readonly access: Access
  readonly budget: Budget
  /** It looks for what was changed: no budget holds that back. */
  readonly isFollowing?: boolean | undefined
  readonly random: Random
  /** Default: `retryWaitMs`. */
  readonly retryWait?: RetryWait | undefined
  /** Any of them ends the waiting for a turn and between attempts. */
  readonly waitingSignals: readonly AbortSignal[]
  /** Any of them ends a request under way; for a change the run's signal is not among them. */
  readonly sendingSignals: readonly AbortSignal[]
  /** Awaited right before each sending; what it throws ends the call unsent. */
  readonly beforeSending?: (() => Promise<void>) | undefined
  /** Asked right before the first byte of each sending; false ends the call unsent. */
  readonly beforeWrite?: (() => boolean) | undefined
  readonly onSending: () => void
  readonly onCalled?: OnCalled | undefined
  readonly log?: CallLog | undefined
}

/**
 * The 2xx answer. Throws `CallError`, a signal's reason, what `beforeSending` threw, or `ExchangeError` where `beforeWrite` said no. A change that is called off
 * between two attempts throws the error of the first, because that is what is known of it.
 */
export async function perform(call: Call, performance: Performance): Promise<Answer> {
  const { ports, random, waitingSignals, access, retryWait = retryWaitMs } = performance
  for (let attempt = 1, last: CallError | undefined; ; attempt += 1) {
    const { turn, pass } = await admitted(performance).catch(calledOff(call, last))
    const outcome = await sendOnce(call, performance, { turn, pass }).finally(turn.release)
    if (!(outcome instanceof CallError)) {
      access.worked(pass)
      return outcome
    }
    last = outcome
    if (outcome.code === 'credential_rejected' && access.refused(pass)) continue
    const waitMs = retryWait(outcome, { effect: call.effect, attempt, random })
    if (waitMs === undefined) throw outcome
    await ports.clock.sleep(waitMs, AbortSignal.any([...waitingSignals])).catch(calledOff(call, last))
  }
}

type Admitted = { readonly turn: Turn; readonly pass: Pass }

/** A pass may have been refused while the call waited for its turn: it is not sent with it then. */
async function admitted({ governor, lane, waitingSignals, access }: Performance): Promise<Admitted> {
  for (;;) {
    await access.ready(waitingSignals)
    const turn = await governor.admit(lane, waitingSignals)
    const pass = access.current()
    if (pass !== undefined) return { turn, pass }
    turn.release()
  }
}

function calledOff({ effect }: Call, last: CallError | undefined): (reason: unknown) => never {
  return (reason) => {
    throw effect === 'write' && last !== undefined ? last : reason
  }
}

async function sendOnce(call: Call, performance: Performance, { turn, pass }: Admitted): Promise<Answer | CallError> {
  const { access, ports, sendingSignals, beforeSending, beforeWrite, onSending, onCalled, log } = performance
  const { operation, method, path } = call
  const called = (status: number | null, code: string | null) =>
    onCalled?.({ operation, method, path: pathOf(call), status, code })
  const signing = { ...ports, pass, provenOrganisationId: access.organisationId?.() }
  performance.budget.take(call, performance.isFollowing ?? false)
  await beforeSending?.()
  onSending()
  try {
    const answer = await request(call, signing, { signals: sendingSignals, beforeWrite })
    turn.succeeded()
    called(answer.status, null)
    log?.debug('jumpcloud.answered', { operation, method, path, status: answer.status })
    return answer
  } catch (error) {
    const isWithheld = error instanceof ExchangeError && error.ending === 'withheld'
    if (!isWithheld) called(...cameOf(error))
    if (!(error instanceof CallError)) throw error
    if (error.status === 429) turn.slowedDown('rate', error.retryAfterMs)
    if (error.status === 503) turn.slowedDown('overload', error.retryAfterMs)
    log?.debug('jumpcloud.call_failed', { operation, method, path, code: error.code, status: error.status })
    return error
  }
}

/** A read that was called off has no error of its own. */
function cameOf(error: unknown): [number | null, string] {
  return error instanceof CallError ? [error.status ?? null, error.code] : [null, 'cancelled']
}
