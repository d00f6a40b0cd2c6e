// How many requests a connection may send within an hour, where the customer says so. It counts; it neither waits nor sends.

import type { Clock } from '../ports/clock.ts'
import { type Call, targetOf } from './call.ts'
import { CallError } from './call-error.ts'

export type Budget = {
  /** Counts one request. Throws `budget_spent` where there is no room, unless what was changed is being `followed` to its outcome. */
  take(call: Call, isFollowed: boolean): void
}

export type BudgetOptions = {
  /** Undefined: as many as it likes. */
  readonly requestsPerHour: number | undefined
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  /** Once for each time that it is used up; there is room again at that instant. */
  readonly onSpent?: ((roomAt: number) => void) | undefined
}

const minuteMs = 60 * 1000
const minutes = 60

/** Counts by whole minutes, so that any hour, wherever it begins, holds at most as many; what a process before this one sent it does not know. */
export function createBudget({ requestsPerHour: limit, clock, onSpent }: BudgetOptions): Budget {
  const sent = new Map<number, number>()
  let isTold = false
  const forget = (minute: number) => {
    for (const old of sent.keys()) if (old < minute - minutes) sent.delete(old)
  }
  const roomAt = () => {
    const [oldest = 0] = sent.keys()
    return clock.now() + (oldest + minutes + 1) * minuteMs - clock.monotonic()
  }

  return {
    take: (call, isFollowed) => {
      if (limit === undefined) return
      const minute = Math.floor(clock.monotonic() / minuteMs)
      forget(minute)
      const used = sent.values().reduce((total, count) => total + count, 0)
      if (used >= limit && !isFollowed) {
        if (!isTold) onSpent?.(roomAt())
        isTold = true
        throw spent(call, limit, roomAt())
      }
      if (used < limit) isTold = false
      sent.set(minute, (sent.get(minute) ?? 0) + 1)
    },
  }
}

function spent(call: Call, limit: number, roomAt: number): CallError {
  const again = new Date(roomAt).toISOString()
  const message = `${call.operation}: ${targetOf(call)} was not sent: the ${limit} requests are used up that requestsPerHour allows the connection; there is room again at ${again}`
  return new CallError('budget_spent', message, { sent: 'no' })
}
