// How many calls run at once toward one host, how fast they start, and who goes first. It sends nothing and repeats nothing.

import type { Clock } from '../ports/clock.ts'
import { createPace } from './pace.ts'

/** Who goes first when calls wait: changes, then short reads, then listings. */
export type Lane = 'write' | 'interactive' | 'bulk'

const lanes: readonly Lane[] = ['write', 'interactive', 'bulk']

/** Leave to send one call. `release` gives the place back, exactly once, whatever happened. */
export type Turn = {
  succeeded(): void
  /** JumpCloud answered 429 (`rate`) or 503 (`overload`); `waitMs` is what it asked for. */
  slowedDown(kind: 'rate' | 'overload', waitMs: number | undefined): void
  release(): void
}

export type GovernorOptions = { readonly clock: Clock; readonly start?: number; readonly ceiling?: number | undefined }

const successesToGrow = 20

/**
 * Begins with `start` calls at once, adds one after 20 successes up to `ceiling`, and halves on 429 and 503. A 429 also
 * slows the pace at which calls start. While JumpCloud asks to wait, none starts.
 */
export class Governor implements Disposable {
  /** The most calls that it will ever let run at once. */
  readonly ceiling: number
  readonly #clock: Clock
  readonly #pace: ReturnType<typeof createPace>
  readonly #waiting: Readonly<Record<Lane, Set<() => void>>> = {
    write: new Set(),
    interactive: new Set(),
    bulk: new Set(),
  }
  #limit: number
  #running = 0
  #successes = 0
  #slowdowns = 0
  #alarm: AbortController | undefined

  constructor({ clock, start = 4, ceiling = 10 }: GovernorOptions) {
    this.ceiling = ceiling
    this.#limit = Math.min(start, ceiling)
    this.#clock = clock
    this.#pace = createPace(clock)
  }

  /** How many calls may run at once as of now. */
  get limit(): number {
    return this.#limit
  }

  /** Resolves when the call may start; rejects with the signal's reason as soon as it is aborted. */
  async admit(lane: Lane, signal?: AbortSignal): Promise<Turn> {
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<Turn>()
    const queue = this.#waiting[lane]
    const start = () => resolve(this.#begin())
    const giveUp = () => {
      queue.delete(start)
      reject(signal?.reason)
      this.#pump()
    }
    signal?.addEventListener('abort', giveUp, { once: true })
    queue.add(start)
    this.#pump()
    return promise.finally(() => signal?.removeEventListener('abort', giveUp))
  }

  [Symbol.dispose](): void {
    this.#alarm?.abort()
  }

  /** Lets start whoever may; the only place that does. */
  #pump(): void {
    this.#alarm?.abort()
    this.#alarm = undefined
    for (let first = this.#first(); first !== undefined && this.#running < this.#limit; first = this.#first()) {
      const waitMs = this.#pace.waitMs()
      if (waitMs > 0) {
        this.#wakeIn(waitMs)
        return
      }
      first.queue.delete(first.start)
      first.start()
    }
  }

  #first(): { readonly queue: Set<() => void>; readonly start: () => void } | undefined {
    for (const lane of lanes) {
      const queue = this.#waiting[lane]
      for (const start of queue) return { queue, start }
    }
    return undefined
  }

  #wakeIn(waitMs: number): void {
    const alarm = new AbortController()
    this.#alarm = alarm
    this.#clock.sleep(waitMs, alarm.signal).then(
      () => this.#pump(),
      () => {},
    )
  }

  #begin(): Turn {
    const slowdownsBefore = this.#slowdowns
    this.#running += 1
    this.#pace.started()
    return {
      succeeded: () => {
        this.#successes += 1
        if (this.#successes % successesToGrow !== 0) return
        this.#limit = Math.min(this.ceiling, this.#limit + 1)
        this.#pace.quicken()
      },
      slowedDown: (kind, waitMs) => {
        this.#successes = 0
        this.#pace.rest(waitMs ?? 0)
        // Calls that were under way together are told together: that is one lesson, not several.
        if (this.#slowdowns !== slowdownsBefore) return
        this.#slowdowns += 1
        this.#limit = Math.max(1, Math.floor(this.#limit / 2))
        if (kind === 'rate') this.#pace.slow()
      },
      release: () => {
        this.#running -= 1
        this.#pump()
      },
    }
  }
}
