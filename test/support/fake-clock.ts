// Time that stands still until the test moves it: both hands together, or the wall clock alone.

import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../agent/ports/clock.ts'

export type FakeClock = Clock & {
  /** Moves time, wakes whoever is due, and lets them do what they then do at once. */
  advance(ms: number): Promise<void>
  /** Moves the wall clock alone, as somebody who sets it does; it wakes nobody. */
  jump(ms: number): void
  /** Resolves as soon as somebody sleeps for this long. */
  asleep(ms: number): Promise<void>
}

type Sleeper = { readonly ms: number; readonly dueAt: number; readonly wake: () => void }

const startAt = Date.parse('2026-03-04T05:06:07.123Z')

export function createFakeClock(): FakeClock {
  const sleepers = new Set<Sleeper>()
  const watchers = new Set<() => void>()
  let passedMs = 0
  let jumpedMs = 0

  const after = (ms: number, then: () => void) => {
    const sleeper: Sleeper = { ms, dueAt: passedMs + ms, wake: () => void (sleepers.delete(sleeper) && then()) }
    sleepers.add(sleeper)
    for (const look of watchers) look()
    return () => void sleepers.delete(sleeper)
  }

  const sleep = async (ms: number, signal?: AbortSignal) => {
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const callOff = after(ms, resolve)
    const abort = () => reject(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    await promise.finally(() => {
      callOff()
      signal?.removeEventListener('abort', abort)
    })
  }

  return {
    now: () => startAt + passedMs + jumpedMs,
    monotonic: () => passedMs,
    sleep,
    after,
    advance: async (ms) => {
      passedMs += ms
      for (const { dueAt, wake } of [...sleepers]) if (dueAt <= passedMs) wake()
      for (let turns = 0; turns < 5; turns += 1) await turn()
    },
    jump: (ms) => {
      jumpedMs += ms
    },
    asleep: (ms) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const look = () => {
        if (![...sleepers].some((sleeper) => sleeper.ms === ms)) return
        watchers.delete(look)
        resolve()
      }
      watchers.add(look)
      look()
      return promise
    },
  }
}
