// One connection: its client of JumpCloud, and what is known of its credential.

import { type ConnectionState, SallyportError } from '@sallyport/protocol'
import type { Connection as Settings } from '../configuration/configuration.ts'
import type { Credential as CredentialSettings } from '../configuration/credential.ts'
import type { Connector } from '../egress/connector.ts'
import type { Access } from '../jumpcloud/access.ts'
import type { JumpCloud } from '../jumpcloud/jumpcloud.ts'
import type { LaneRecords } from '../jumpcloud/open-lane.ts'
import type { JumpCloudLane } from '../jumpcloud/port.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Admission } from '../runs/gate.ts'
import type { Secret } from '../vault/secret.ts'
import { clientOf } from './client-of.ts'
import { Credential, type CredentialOptions } from './credential.ts'
import { createAccess, unlessAborted } from './credential-access.ts'
import { mendOf } from './mend-of.ts'
import { createOrganisationProof, type OrganisationProof, organisationOf } from './organisation-proof.ts'
import { createParking, isRejection, type ParkingOptions, type Patience, park } from './parking.ts'
import { probeFamilies } from './probe-families.ts'
import { Swap } from './swap.ts'
import { tellConnection } from './tell-connection.ts'
import { CapabilityWatch, type Probing } from './watch-capabilities.ts'
import { watchExpiry } from './watch-expiry.ts'
import { createWriterAccess } from './writer.ts'

/**
 *                  a run got on              JumpCloud refuses it
 *       unproven ────────────────▶ ready ─────────────────────────┐
 *        ▲   │ │                    ▲                             ▼
 *   read │   │ └── JumpCloud refuses it ─────────────▶ credential_rejected: runs park
 *        │   │                        │                           │
 *        │   │                        └───────────────────────────┘ another took over, or JumpCloud takes it again
 *        │   ▼ its source was read for the first time, in vain
 *       credential_missing
 */
type State = ConnectionState['state']

const noPatience: Patience = { leftMs: () => 0 }

type Held = { readonly credential: Credential; readonly swap: Swap; readonly access: Access }

/** What is kept of a run's calls, and how long they may wait for a credential. */
export type RunRecords = LaneRecords & { readonly patience?: Patience }

export type ConnectionOptions = Omit<CredentialOptions, 'settings'> & {
  readonly settings: Settings
  readonly connector: Connector
  readonly userAgent: string
  readonly clock: Clock
  readonly random: Random
  /** Called when its state changed. */
  readonly changed: () => void
}

export class Connection implements AsyncDisposable {
  readonly #options: ConnectionOptions
  readonly #reader: Held
  readonly #writer: Held | undefined
  readonly #jumpcloud: JumpCloud
  readonly #proof: OrganisationProof
  readonly #capabilities: CapabilityWatch
  #state: State = 'unproven'

  constructor(options: ConnectionOptions) {
    this.#options = options
    const { name, settings, log } = options
    this.#reader = this.#hold(settings.credential, name)
    this.#writer = settings.writer && this.#hold(settings.writer, `${name}.writer`)
    this.#jumpcloud = clientOf(options, this.#reader.access)
    const jumpcloud = () => this.#jumpcloud.lane('interactive')
    this.#proof = createOrganisationProof({ connection: name, log, jumpcloud })
    this.#capabilities = this.#watchOfCapabilities()
  }

  get state(): ConnectionState {
    const { name, clock } = this.#options
    const { found: capabilities } = this.#capabilities
    return tellConnection({
      ...{ name, state: this.#state, reader: this.#reader, writer: this.#writer, capabilities, now: clock.now() },
    })
  }

  /** The source is read where there is no secret yet; another one takes the place of that by a swap. */
  async open(): Promise<Secret> {
    const { secret } = this.#reader.credential
    if (secret !== undefined) return secret
    const read = await this.#reader.credential.read().catch((error: unknown) => {
      this.#become('credential_missing')
      throw error
    })
    if (this.#state === 'credential_missing') this.#become('unproven')
    return read
  }

  /** JumpCloud for one run. While the credential is refused, its calls wait for as long as its patience lasts. */
  async lane({ effect, contract }: Admission, signal: AbortSignal, records: RunRecords = {}): Promise<JumpCloudLane> {
    const { patience = noPatience, ...rest } = records
    const lane = effect === 'write' ? 'write' : contract.rows === 'one' ? 'interactive' : 'bulk'
    const parking = this.#parkingOf(this.#reader, patience)
    this.#capabilities.used()
    await this.#prove(parking, signal)
    return this.#jumpcloud.lane(lane, signal, {
      ...rest,
      access: createParking(this.#reader.access, parking),
      writing: this.#writer && createParking(this.#writing(this.#writer), this.#parkingOf(this.#writer, patience)),
    })
  }

  /** A run ended, with this error or well. */
  learn(errorCode: string | undefined): void {
    this.#capabilities.used()
    if (errorCode === undefined && this.#reader.swap.rejectedAt === undefined) this.#become('ready')
  }

  /** Looks for other secrets until the signal is aborted, and warns before they end. */
  watch(signal: AbortSignal): void {
    const { clock, log, changed: onDue } = this.#options
    for (const { credential, swap } of this.#writer === undefined ? [this.#reader] : [this.#reader, this.#writer]) {
      const { expiresAt } = credential.settings
      void swap.watch(signal)
      if (expiresAt !== undefined) void watchExpiry({ name: credential.name, expiresAt, clock, log, onDue }, signal)
    }
  }

  /** Finds out what the credential can do, until the signal is aborted. */
  probe(probing: Probing, signal: AbortSignal): void {
    void this.#capabilities.watch(probing, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#jumpcloud[Symbol.asyncDispose]()
  }

  async #prove(parking: ParkingOptions, signal: AbortSignal): Promise<void> {
    for (;;) {
      await park(parking, [signal])
      const secret = await this.open()
      signal.throwIfAborted()
      if (this.#options.settings.organisationId !== undefined) return
      try {
        return await unlessAborted(this.#proof.prove(secret) ?? Promise.resolve(), [signal])
      } catch (error) {
        if (!isRejection(error)) throw error
        // Another one may have taken over while that was asked.
        if (secret === this.#reader.credential.secret) parking.onRejected()
      }
    }
  }

  #watchOfCapabilities(): CapabilityWatch {
    const { name, clock, log, changed } = this.#options
    const { credential, swap } = this.#reader
    return new CapabilityWatch({
      ...{ name, clock, log, onFound: changed },
      secret: () => (swap.rejectedAt === undefined ? credential.secret : undefined),
      onRejected: () => this.#reject(this.#reader),
      ask: async (families, signal) => {
        await this.#prove(this.#parkingOf(this.#reader, noPatience), signal)
        return await probeFamilies(families, this.#jumpcloud.lane('bulk', signal), clock.now)
      },
    })
  }

  #hold(settings: CredentialSettings, name: string): Held {
    const credential = new Credential({ ...this.#options, settings, name })
    const { clock, log, changed } = this.#options
    const swap = new Swap({
      ...{ credential, clock, log, onAlarm: changed },
      tryOut: (secret) => this.#tryOut(secret, settings, name),
      onTaken: () => {
        log.info('credential.taken', { connection: name })
        if (credential === this.#reader.credential) this.#become('ready')
        changed()
      },
    })
    return { credential, swap, access: this.#accessOf(settings, name, () => credential.secret) }
  }

  async #tryOut(secret: Secret, settings: CredentialSettings, name: string): Promise<void> {
    const access = this.#accessOf(settings, name, () => secret)
    const found = await organisationOf(this.#jumpcloud.lane('interactive', undefined, { access }))
    const known = this.#options.settings.organisationId ?? (await this.#organisationNow())
    if (found === known || known === undefined) return
    if (found === undefined && this.#options.settings.organisationId !== undefined) return
    throw new SallyportError('organisation_unknown', `try the new secret of ${name}: it is of another organisation`)
  }

  /** That of the secret in use; undefined where JumpCloud does not say, or does not take that any more. */
  async #organisationNow(): Promise<string | undefined> {
    const { secret } = this.#reader.credential
    const isGood = secret !== undefined && this.#reader.swap.rejectedAt === undefined
    if (isGood) await this.#proof.prove(secret)?.catch(() => {})
    return this.#proof.organisationId()
  }

  #parkingOf({ credential, swap }: Held, patience: Patience): ParkingOptions {
    const { name } = credential
    return {
      ...{ name, swap, patience, clock: this.#options.clock },
      mend: mendOf(credential.settings.source, name),
      onRejected: () => this.#reject({ credential, swap }),
    }
  }

  #reject({ credential, swap }: Pick<Held, 'credential' | 'swap'>): void {
    if (swap.rejectedAt !== undefined) return
    swap.reject()
    const { name } = credential
    const message = `JumpCloud refuses this credential since now: it was regenerated, has expired, or is of another region. Runs wait for another one. ${mendOf(credential.settings.source, name)}`
    this.#options.log.error('credential.rejected', { connection: name, message })
    if (credential === this.#reader.credential) this.#become('credential_rejected')
    else this.#options.changed()
  }

  #accessOf(settings: CredentialSettings, name: string, secret: () => Secret | undefined): Access {
    const { guard, clock } = this.#options
    return createAccess({
      ...{ name, settings, guard, clock, secret },
      fetchToken: (account) => this.#jumpcloud.fetchToken(account),
      organisationId: () => this.#options.settings.organisationId ?? this.#proof.organisationId(),
    })
  }

  #writing({ credential, access }: Held): Access {
    const { name, settings, log, changed: onRead } = this.#options
    return createWriterAccess({
      ...{ connection: name, log, credential, access, onRead },
      jumpcloud: () => this.#jumpcloud,
      named: settings.organisationId,
      seen: () => this.#proof.organisationId(),
    })
  }

  #become(state: State): void {
    const { log, name, changed } = this.#options
    if (this.#state === state) return
    this.#state = state
    log[state === 'credential_rejected' ? 'error' : 'info']('connection.state', { connection: name, state })
    changed()
  }
}
