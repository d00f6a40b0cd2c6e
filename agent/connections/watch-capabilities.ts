// When a connection is asked what its credential can do: after it has been quiet for a while, for each secret, soon again where
// JumpCloud did not say, and once a day, because roles and plans change. Runs never wait for it.

import type { Capability } from '@sallyport/protocol'
import type { Family } from '../jumpcloud/families.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import type { Secret } from '../vault/secret.ts'
import { excessOf, isRefusedThroughout } from './probe-families.ts'

export type CapabilityWatchOptions = {
  readonly name: string
  /** The one in use; undefined where there is none that JumpCloud takes. */
  readonly secret: () => Secret | undefined
  /** Rejects where nothing can be asked now. */
  readonly ask: (families: readonly Family[], signal: AbortSignal) => Promise<readonly Capability[]>
  /** JumpCloud refused the credential whatever it was asked for. */
  readonly onRejected: () => void
  readonly onFound: () => void
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>
  readonly log: Pick<Log, 'info' | 'warn'>
}

export type Probing = {
  readonly families: readonly Family[]
  /** Those that the policy allows on a connection, as of now. */
  readonly jobsOf: (connection: string) => readonly string[]
}

const seconds = 1000
const lookMs = 3 * seconds
const quietMs = 10 * seconds
/** A connection that is never quiet is asked all the same; bulk calls give way to the others. */
const longestWaitMs = 60 * seconds
const againMs = 10 * 60 * seconds
const anewMs = 24 * 60 * 60 * seconds

type Asked = {
  readonly of: Secret
  readonly found: readonly Capability[] | undefined
  readonly againAt: number
}

export class CapabilityWatch {
  readonly #options: CapabilityWatchOptions
  #asked: Asked | undefined
  #usedAt = Number.NEGATIVE_INFINITY
  #dueSince: number | undefined
  #toldExcess = ''

  constructor(options: CapabilityWatchOptions) {
    this.#options = options
  }

  /** Of the secret in use; undefined until it was asked. */
  get found(): readonly Capability[] | undefined {
    const { secret } = this.#options
    return this.#asked?.of === secret() ? this.#asked?.found : undefined
  }

  /** A run began or ended. */
  used(): void {
    this.#usedAt = this.#options.clock.monotonic()
  }

  /** Until the signal is aborted; never rejects. */
  async watch(probing: Probing, signal: AbortSignal): Promise<void> {
    const { clock, secret } = this.#options
    this.used()
    while (!signal.aborted) {
      await clock.sleep(lookMs, signal).catch(() => {})
      const current = secret()
      if (signal.aborted || current === undefined) continue
      if (this.#isTime(current)) await this.#round(current, probing, signal)
      this.#tellExcess(probing)
    }
  }

  #isTime(secret: Secret): boolean {
    const now = this.#options.clock.monotonic()
    const isDue = this.#asked?.of !== secret || this.#asked.againAt <= now
    if (!isDue) return false
    this.#dueSince ??= now
    return now - this.#usedAt >= quietMs || now - this.#dueSince >= longestWaitMs
  }

  async #round(of: Secret, { families }: Probing, signal: AbortSignal): Promise<void> {
    const { name, ask, onRejected, onFound, clock, log } = this.#options
    this.#dueSince = undefined
    try {
      const found = await ask(families, signal)
      const isRejected = isRefusedThroughout(found)
      const isOpen = isRejected || found.some(({ state }) => state === 'unknown')
      this.#asked = { of, found, againAt: clock.monotonic() + (isOpen ? againMs : anewMs) }
      const told = found.map(({ family, state, code, scope }) => [
        family,
        [state, ...(code === undefined ? [] : [code]), ...(state === 'no' && scope !== undefined ? [scope] : [])].join(
          ': ',
        ),
      ])
      log.info('capabilities.probed', { connection: name, families: Object.fromEntries(told) })
      if (isRejected) onRejected()
      onFound()
    } catch (error) {
      this.#asked = { of, found: this.found, againAt: clock.monotonic() + againMs }
      if (!signal.aborted) log.warn('capabilities.not_probed', { connection: name, error })
    }
  }

  /** Once for each thing that is too much, also where the policy became narrower. */
  #tellExcess({ families, jobsOf }: Probing): void {
    const { name, log } = this.#options
    const excess = this.found === undefined ? [] : excessOf(this.found, families, jobsOf(name))
    if (excess.join() === this.#toldExcess) return
    this.#toldExcess = excess.join()
    if (excess.length === 0) return
    const message =
      'the credential can read what no job needs that the policy allows here: a role with fewer scopes would do'
    log.warn('capabilities.excess', { connection: name, families: excess, message })
  }
}
