// One connection: its client of JumpCloud, and what is known of its credential.

import type { ConnectionState } from '@sallyport/protocol'
import type { Connection as Settings } from '../configuration/configuration.ts'
import type { Connector } from '../egress/connector.ts'
import type { Access } from '../jumpcloud/access.ts'
import { createJumpCloud, type JumpCloud } from '../jumpcloud/jumpcloud.ts'
import type { LaneRecords } from '../jumpcloud/open-lane.ts'
import type { JumpCloudLane } from '../jumpcloud/port.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Admission } from '../runs/gate.ts'
import { callEntry } from '../runs/run-ledger.ts'
import type { Secret } from '../vault/secret.ts'
import { Credential, type CredentialOptions } from './credential.ts'
import { createAccess, unlessAborted } from './credential-access.ts'
import { createOrganisationProof, type OrganisationProof } from './organisation-proof.ts'
import { createWriterAccess } from './writer.ts'

/**
 *                           a run got on
 *       unproven ─────────────────────────────▶ ready
 *        ▲   │                                  ▲   │
 *   read │   │ JumpCloud        a run got on    │   │ JumpCloud
 *   anew │   │ refuses it    with the new one   │   ▼ refuses it
 *        │   └────────────────────────▶ credential_rejected
 *        │                                        │
 *       credential_missing ◀──────────────────────┘ its source was read again, in vain
 *
 *   unproven ──▶ credential_missing: its source was read for the first time, in vain. A run that was under way when the
 *   state changed may still say that it got on, or was refused: the newest word counts.
 */
type State = ConnectionState['state']

const rejected =
  'JumpCloud does not accept this credential: it was regenerated, has expired, or is of another region. Put a new one where this one is; the next run reads it.'

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
  readonly #credential: Credential
  readonly #jumpcloud: JumpCloud
  readonly #proof: OrganisationProof
  readonly #writing: Access | undefined
  #state: State = 'unproven'

  constructor(options: ConnectionOptions) {
    this.#options = options
    const { credential, writer } = options.settings
    this.#credential = new Credential({ ...options, settings: credential })
    this.#jumpcloud = clientOf(options, this.#accessOf(this.#credential))
    this.#proof = createOrganisationProof({
      connection: options.name,
      log: options.log,
      jumpcloud: () => this.#jumpcloud.lane('interactive'),
    })
    this.#writing =
      writer && this.#writerOf(new Credential({ ...options, settings: writer, name: `${options.name}.writer` }))
  }

  get state(): State {
    return this.#state
  }

  /** The source is read again whenever the last secret did not work, so that mending it is enough. */
  async open(): Promise<Secret> {
    const { secret } = this.#credential
    if (secret !== undefined && (this.#state === 'unproven' || this.#state === 'ready')) return secret
    const read = await this.#credential.read().catch((error: unknown) => {
      this.#become('credential_missing')
      throw error
    })
    if (this.#state === 'credential_missing') this.#become('unproven')
    return read
  }

  /** JumpCloud for one run. */
  async lane({ effect, contract }: Admission, signal: AbortSignal, records?: LaneRecords): Promise<JumpCloudLane> {
    const lane = effect === 'write' ? 'write' : contract.rows === 'one' ? 'interactive' : 'bulk'
    const secret = await this.open()
    signal.throwIfAborted()
    const proof = this.#options.settings.organisationId === undefined ? this.#proof.prove(secret) : undefined
    if (proof !== undefined) await unlessAborted(proof, [signal])
    return this.#jumpcloud.lane(lane, signal, { ...records, writing: this.#writing })
  }

  /** A run ended, with this error or well. */
  learn(errorCode: string | undefined): void {
    if (errorCode === undefined) this.#become('ready')
    if (errorCode === 'credential_rejected') this.#become('credential_rejected')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#jumpcloud[Symbol.asyncDispose]()
  }

  #accessOf(credential: Credential): Access {
    const { settings, guard, clock } = this.#options
    return createAccess({
      ...{ name: credential.name, settings: credential.settings, guard, clock },
      secret: () => credential.secret,
      fetchToken: (account) => this.#jumpcloud.fetchToken(account),
      organisationId: () => settings.organisationId ?? this.#proof.organisationId(),
    })
  }

  #writerOf(credential: Credential): Access {
    const { name, settings, log } = this.#options
    return createWriterAccess({
      ...{ connection: name, log, credential, access: this.#accessOf(credential) },
      jumpcloud: () => this.#jumpcloud,
      named: settings.organisationId,
      seen: () => this.#proof.organisationId(),
    })
  }

  #become(state: State): void {
    const { log, name, changed } = this.#options
    if (this.#state === state) return
    this.#state = state
    const advice = state === 'credential_rejected' ? rejected : undefined
    log[advice === undefined ? 'info' : 'error']('connection.state', { connection: name, state, advice })
    changed()
  }
}

function clientOf(
  { name, settings, userAgent, clock, random, connector, ledger }: ConnectionOptions,
  access: Access,
): JumpCloud {
  const { hosts, organisationId, concurrency } = settings
  const where = typeof hosts === 'string' ? { region: hosts } : { baseUrls: hosts }
  return createJumpCloud({
    settings: { ...where, organisationId, concurrency },
    access,
    userAgent,
    clock,
    random,
    connector,
    onCalled: (called) => ledger.add(callEntry(called, name)),
  })
}
