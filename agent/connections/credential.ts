// The secret of one connection, as it was read last. It does not know whether JumpCloud accepts it.

import { SallyportError } from '@sallyport/protocol'
import type { Ledger } from '../ledger/ledger.ts'
import type { Log } from '../log.ts'
import type { LeakGuard } from '../vault/leak-guard.ts'
import { readSecret, type SecretReading } from '../vault/read-secret.ts'
import type { Secret } from '../vault/secret.ts'

export type CredentialOptions = Omit<SecretReading, 'connection'> & {
  /** Of its connection. */
  readonly name: string
  readonly guard: LeakGuard
  readonly ledger: Pick<Ledger, 'add'>
  readonly log: Log
}

export class Credential {
  readonly #options: CredentialOptions
  #secret: Secret | undefined
  /** The one before, which runs that are under way may still meet. */
  #former: Secret | undefined
  #reading: Promise<Secret> | undefined

  constructor(options: CredentialOptions) {
    this.#options = options
  }

  get secret(): Secret | undefined {
    return this.#secret
  }

  /** Reads the source, once for all who wait for it. Rejects with `credential_missing`, and the secret stays what it was. */
  async read(): Promise<Secret> {
    this.#reading ??= this.#replace().finally(() => {
      this.#reading = undefined
    })
    return await this.#reading
  }

  async #replace(): Promise<Secret> {
    const { name, guard, ledger, log } = this.#options
    try {
      const { secret, notes } = await readSecret({ ...this.#options, connection: name })
      guard.protect(secret, name)
      for (const note of notes) log.warn('credential.note', { connection: name, note })
      if (this.#former !== undefined) guard.forget(this.#former)
      this.#former = this.#secret
      this.#secret = secret
      ledger.add({ kind: 'credential.taken', connection: name })
      return secret
    } catch (error) {
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
