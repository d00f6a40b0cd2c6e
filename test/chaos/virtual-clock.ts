// One time for everything in a world. It goes on by itself, to the next who sleeps, whenever nothing else is going on; each
// host sees it through a clock of its own, which may jump and dies with its process.

import type { Clock } from '../../agent/ports/clock.ts'
import type { Activity } from './activity.ts'

export type VirtualClock = {
  /** Whole milliseconds since the world began. */
  elapsedMs(): number
  /** Calls back once after `ms`; returns how to call that off. */
  after(ms: number, run: () => void): () => void
  /** Resolves after `ms`; rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** A process that sees this time. */
  host(): HostClock
  /**
   * Lets time go on until the promise is settled, which it hands on. Rejects where nobody sleeps any more, or with what
   * `late` makes once the world is `limitMs` old.
   */
  runUntil<Result>(done: Promise<Result>, limitMs: number): Promise<Result>
}

export type HostClock = Clock & {
  /** Somebody sets the wall clock; it wakes nobody. */
  jump(ms: number): void
  /** How long each of its timers was set for that has not come and was not called off. */
  timersMs(): readonly number[]
  /** Its process is dead: who sleeps sleeps for ever, and what is begun never comes back. */
  freeze(): void
}

type Sleeper = { readonly dueAt: number; readonly run: () => void }

/** When every world begins, by its wall clocks. */
export const worldStartAt = Date.parse('2026-03-04T05:06:07.123Z')

/** Nobody sleeps and nothing happens: so often it is looked again before that is called the end. */
const patienceRounds = 200

export function createVirtualClock(activity: Pick<Activity, 'touch' | 'quiet'>): VirtualClock {
  const sleepers = new Set<Sleeper>()
  let elapsedMs = 0

  const after = (ms: number, run: () => void) => {
    const sleeper = { dueAt: elapsedMs + Math.max(0, Math.ceil(ms)), run }
    sleepers.add(sleeper)
    activity.touch()
    return () => void sleepers.delete(sleeper)
  }

  /** False where nobody sleeps. */
  const step = (): boolean => {
    if (sleepers.size === 0) return false
    elapsedMs = Math.max(elapsedMs, Math.min(...[...sleepers].map(({ dueAt }) => dueAt)))
    for (const sleeper of [...sleepers]) {
      if (sleeper.dueAt <= elapsedMs && sleepers.delete(sleeper)) sleeper.run()
    }
    return true
  }

  const runUntil = async <Result>(done: Promise<Result>, limitMs: number): Promise<Result> => {
    let settled = false
    const settle = () => {
      settled = true
    }
    done.then(settle, settle)
    for (let idleRounds = 0; ; ) {
      await activity.quiet()
      if (settled) return await done
      if (elapsedMs > limitMs) throw new Error(`it is not over after ${elapsedMs} ms of virtual time`)
      if (step()) idleRounds = 0
      else if (++idleRounds > patienceRounds) throw new Error('nobody sleeps, nothing happens, and it is not over')
    }
  }

  return {
    elapsedMs: () => elapsedMs,
    after,
    sleep: createSleep(after),
    host: () => createHostClock({ elapsedMs: () => elapsedMs, after }),
    runUntil,
  }
}

type After = VirtualClock['after']

function createSleep(after: After, isDead = () => false): Clock['sleep'] {
  return async (ms, signal) => {
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const callOff = after(ms, resolve)
    const abort = () => {
      if (isDead()) return
      callOff()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
    await promise.finally(() => signal?.removeEventListener('abort', abort))
  }
}

function createHostClock(time: { readonly elapsedMs: () => number; readonly after: After }): HostClock {
  const alarms = new Map<() => void, number>()
  const never = new Promise<void>(() => {})
  let jumpedMs = 0
  let frozenAt: number | undefined
  const elapsedMs = () => frozenAt ?? time.elapsedMs()
  const after: After = (ms, run) => {
    const callOff = time.after(ms, () => {
      alarms.delete(callOff)
      run()
    })
    alarms.set(callOff, ms)
    return () => {
      alarms.delete(callOff)
      callOff()
    }
  }
  const sleep = createSleep(after, () => frozenAt !== undefined)

  return {
    now: () => worldStartAt + elapsedMs() + jumpedMs,
    monotonic: elapsedMs,
    sleep: (ms, signal) => (frozenAt === undefined ? sleep(ms, signal) : never),
    after: (ms, then) => (frozenAt === undefined ? after(ms, then) : () => {}),
    jump: (ms) => {
      jumpedMs += ms
    },
    timersMs: () => [...alarms.values()],
    freeze: () => {
      frozenAt ??= time.elapsedMs()
      for (const callOff of alarms.keys()) callOff()
      alarms.clear()
    },
  }
}
