// How many calls run at once toward one host, how fast they start, and who goes first. It sends nothing and repeats nothing.

import { firstAborted, onceAborted } from '../egress/any-aborted.ts'
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
  #stopAlarm = () => {}

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

  /** Resolves when the call may start; rejects with the reason of a signal as soon as it is aborted. */
  async admit(lane: Lane, signals: readonly AbortSignal[] = []): Promise<Turn> {
    firstAborted(signals)?.throwIfAborted()
    // Nearly every call finds a place, and then nobody has to listen.
    if (this.#first() === undefined && this.#hasPlace && this.#pace.waitMs() <= 0) return this.#begin()
    return await this.#queue(lane, signals)
  }

  [Symbol.dispose](): void {
    this.#stopAlarm()
  }

  get #hasPlace(): boolean {
    return this.#running < this.#limit
  }

  async #queue(lane: Lane, signals: readonly AbortSignal[]): Promise<Turn> {
    const { promise, resolve, reject } = Promise.withResolvers<Turn>()
    const queue = this.#waiting[lane]
    const start = () => resolve(this.#begin())
    const ignoreSignals = onceAborted(signals, (reason) => {
      queue.delete(start)
      reject(reason)
      this.#pump()
    })
    queue.add(start)
    this.#pump()
    return await promise.finally(ignoreSignals)
  }

  /** Lets those start who wait, as soon as they may. */
  #pump(): void {
    this.#stopAlarm()
    for (let first = this.#first(); first !== undefined && this.#hasPlace; first = this.#first()) {
      const waitMs = this.#pace.waitMs()
      if (waitMs > 0) {
        this.#stopAlarm = this.#clock.after(waitMs, () => this.#pump())
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
