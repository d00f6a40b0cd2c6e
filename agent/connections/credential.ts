// The secret of one credential of a connection, as it was read last. It does not know whether JumpCloud accepts it.

import { SallyportError } from '@sallyport/protocol'
import type { Credential as Settings } from '../configuration/credential.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Log } from '../log.ts'
import { isSameSecret } from '../vault/fingerprint.ts'
import type { LeakGuard } from '../vault/leak-guard.ts'
import { readSecret, type SecretHost } from '../vault/read-secret.ts'
import type { Secret } from '../vault/secret.ts'

export type CredentialOptions = SecretHost & {
  /** `connection`, or `connection.writer`. */
  readonly name: string
  readonly settings: Settings
  readonly guard: LeakGuard
  readonly ledger: Pick<Ledger, 'add'>
  readonly log: Log
}

export class Credential {
  readonly name: string
  readonly settings: Settings
  readonly #options: CredentialOptions
  #secret: Secret | undefined
  /** The one before, which runs that are under way may still meet. */
  #former: Secret | undefined
  /** The one that was read last and did not take over, yet or at all. */
  #candidate: Secret | undefined
  #reading: Promise<Secret> | undefined
  #isMissing = false

  constructor(options: CredentialOptions) {
    this.name = options.name
    this.settings = options.settings
    this.#options = options
  }

  get secret(): Secret | undefined {
    return this.#secret
  }

  /** It was looked for in vain, and there is none yet. */
  get isMissing(): boolean {
    return this.#isMissing && this.#secret === undefined
  }

  /** Reads the source, once for all who wait for it. Rejects with `credential_missing`, and the secret stays what it was. */
  async read(): Promise<Secret> {
    this.#reading ??= this.#replace().finally(() => {
      this.#reading = undefined
    })
    return await this.#reading
  }

  /** What lies in the source now, which nobody uses yet. Rejects with `secret_…`, whose message stays on the host. */
  async candidate(): Promise<Secret> {
    const { name, settings, guard, log, ledger: _, ...host } = this.#options
    const { secret, notes } = await readSecret({ ...host, connection: name, source: settings.source })
    if (this.#secret !== undefined && isSameSecret(secret, this.#secret)) return this.#secret
    if (this.#candidate !== undefined && isSameSecret(secret, this.#candidate)) return this.#candidate
    guard.protect(secret, name)
    for (const note of notes) log.warn('credential.note', { connection: name, note })
    if (this.#candidate !== undefined) guard.forget(this.#candidate)
    this.#candidate = secret
    return secret
  }

  /** From now on this one is used. */
  take(secret: Secret): void {
    const { name, guard, ledger } = this.#options
    if (this.#former !== undefined) guard.forget(this.#former)
    this.#former = this.#secret
    this.#secret = secret
    this.#candidate = undefined
    ledger.add({ kind: 'credential.taken', connection: name })
  }

  async #replace(): Promise<Secret> {
    const { name, log } = this.#options
    try {
      const secret = await this.candidate()
      if (secret !== this.#secret) this.take(secret)
      return secret
    } catch (error) {
      this.#isMissing = true
      log.error('credential.missing', { connection: name, error })
      // What travels says nothing of the files of the host; the log does.
      throw new SallyportError(
        'credential_missing',
        `open connection "${name}": the agent's host has no usable JumpCloud credential for it; the log there says what is wrong`,
        { cause: error },
      )
    }
  }
}
