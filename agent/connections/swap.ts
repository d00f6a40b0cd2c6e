// How one secret follows another: the source is looked at again and again, and what is new there takes over once JumpCloud
// takes it for the same organisation. Until then, and where it does not, the old one stays.

import { SallyportError } from '@sallyport/protocol'
import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import { isSameSecret } from '../vault/fingerprint.ts'
import type { Secret } from '../vault/secret.ts'
import type { SecretSource } from '../vault/secret-source.ts'
import type { Credential } from './credential.ts'
import { unlessAborted } from './credential-access.ts'

export type SwapOptions = {
  readonly credential: Pick<Credential, 'name' | 'settings' | 'secret' | 'candidate' | 'take'>
  /** Asks JumpCloud, as nothing else does with it yet. Rejects where it is not taken, or is of another organisation. */
  readonly tryOut: (secret: Secret) => Promise<void>
  /** A secret took over, or the old one works again. */
  readonly onTaken: () => void
  readonly onAlarm: () => void
  readonly clock: Clock
  readonly log: Log
}

const seconds = 1000
const firstRetryMs = 2 * seconds
const longestRetryMs = 60 * seconds

/** What is tried against JumpCloud is decided by what it says; anything else says nothing of the secret. */
const verdicts: ReadonlySet<string> = new Set([
  'credential_rejected',
  'organisation_ambiguous',
  'organisation_unknown',
  'jumpcloud_forbidden',
])

export class Swap {
  readonly #options: SwapOptions
  #rejectedAt: number | undefined
  /** Each has a promise of its own: one that all share would keep whoever gave up for as long as it lasts. */
  readonly #waiting = new Set<() => void>()
  #checking: Promise<void> | undefined
  /** The secret that was tried last, in vain. */
  #refused: Secret | undefined
  /** The secret for which a restart was asked last. */
  #announced: Secret | undefined
  #retryAt = 0
  #retryMs = firstRetryMs
  #alarm: string | undefined

  constructor(options: SwapOptions) {
    this.#options = options
  }

  /** The one in use. */
  get secret(): Secret | undefined {
    return this.#options.credential.secret
  }

  /** The instant since when JumpCloud refuses the secret in use; undefined while it does not. */
  get rejectedAt(): number | undefined {
    return this.#rejectedAt
  }

  /** True while what lies in the source is not what is used, because it is not good. */
  get isAlarmed(): boolean {
    return this.#alarm !== undefined
  }

  /** JumpCloud refused the secret in use. */
  reject(): void {
    const { clock } = this.#options
    if (this.#rejectedAt !== undefined) return
    this.#rejectedAt = clock.now()
    this.#putOff()
  }

  /** Resolves when a secret has taken over. */
  async untilTaken(signals: readonly AbortSignal[]): Promise<void> {
    if (this.#rejectedAt === undefined) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.add(resolve)
    await unlessAborted(promise, signals).finally(() => this.#waiting.delete(resolve))
  }

  /** Looks at the source now, once for all who want it. Never rejects. */
  async check(): Promise<void> {
    this.#checking ??= this.#look().finally(() => {
      this.#checking = undefined
    })
    await this.#checking
  }

  /** Until the signal is aborted. */
  async watch(signal: AbortSignal): Promise<void> {
    const { credential, clock } = this.#options
    while (!signal.aborted) {
      await clock.sleep(lookMs(credential.settings.source, this.#rejectedAt !== undefined), signal).catch(() => {})
      if (!signal.aborted && credential.secret !== undefined) await this.check()
    }
  }

  async #look(): Promise<void> {
    const { credential } = this.#options
    const former = credential.secret
    try {
      const found = await credential.candidate()
      if (former !== undefined && isSameSecret(found, former)) await this.#lookAtSame(former)
      else if (former !== undefined && 'systemd' in credential.settings.source) this.#askForRestart(found)
      else await this.#tryNew(found)
    } catch (error) {
      this.#raise(error)
    }
  }

  /** The credential of a service is one for the life of the process: the service that comes next has the other. */
  #askForRestart(secret: Secret): void {
    const { credential, log } = this.#options
    if (this.#announced !== undefined && isSameSecret(this.#announced, secret)) return
    this.#announced = secret
    const message =
      'another secret lies in the credential directory; this process keeps the one that it was started with. Run: systemctl restart sallyport, which lets runs end first'
    log.warn('credential.restart_needed', { connection: credential.name, message })
  }

  /** JumpCloud may have been wrong to refuse it, or the role was mended. */
  async #lookAtSame(secret: Secret): Promise<void> {
    this.#alarm = undefined
    if (this.#rejectedAt === undefined || !this.#isDue()) return
    await this.#tryOut(secret)
  }

  async #tryNew(secret: Secret): Promise<void> {
    const isKnown = this.#refused !== undefined && isSameSecret(this.#refused, secret)
    if (isKnown && !this.#isDue()) return
    await this.#tryOut(secret)
  }

  async #tryOut(secret: Secret): Promise<void> {
    const { credential, tryOut, onTaken } = this.#options
    if (this.#refused === undefined || !isSameSecret(this.#refused, secret)) this.#retryMs = firstRetryMs
    this.#refused = secret
    this.#putOff()
    await tryOut(secret)
    this.#refused = undefined
    this.#alarm = undefined
    this.#rejectedAt = undefined
    if (credential.secret !== secret) credential.take(secret)
    onTaken()
    for (const wake of this.#waiting) wake()
  }

  #isDue(): boolean {
    return this.#options.clock.monotonic() >= this.#retryAt
  }

  #putOff(): void {
    this.#retryAt = this.#options.clock.monotonic() + this.#retryMs
    this.#retryMs = Math.min(longestRetryMs, this.#retryMs * 2)
  }

  /** Once for each thing that is wrong. */
  #raise(error: unknown): void {
    const { credential, log, onAlarm } = this.#options
    const ofSource = error instanceof SallyportError && error.code.startsWith('secret_')
    const isVerdict = error instanceof SallyportError && verdicts.has(error.code)
    const isOfRefused = this.#refused !== undefined && this.#refused === credential.secret
    if (isOfRefused) return
    const why = error instanceof Error ? error.message : 'it failed'
    if (this.#alarm === why) return
    if (!ofSource && !isVerdict) {
      return log.warn('credential.not_tried', { connection: credential.name, error })
    }
    this.#alarm = why
    const message = 'what lies in the source is not used; the secret before it stays. Put a good one there'
    log.error('credential.alarm', { connection: credential.name, error, message })
    onAlarm()
  }
}

/** A file costs next to nothing; a program and a keychain are asked more often only while nothing works. */
function lookMs(source: SecretSource, isRejected: boolean): number {
  if ('exec' in source) return (isRejected ? 5 : 60) * seconds
  if ('keychain' in source) return (isRejected ? 5 : 15) * seconds
  return 3 * seconds
}
