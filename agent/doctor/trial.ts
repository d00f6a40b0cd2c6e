// Tries one credential at JumpCloud, as the agent would and by the way of its connection: whose it is, and what it may do. It
// changes nothing.

import { type Capability, SallyportError } from '@sallyport/protocol'
import type { Connection } from '../configuration/configuration.ts'
import type { Credential } from '../configuration/credential.ts'
import { probeFamilies } from '../connections/probe-families.ts'
import { openTrialClient } from '../connections/trial-client.ts'
import type { Connector } from '../egress/connector.ts'
import type { Family } from '../jumpcloud/families.ts'
import { type Organisation, readOrganisation } from '../jumpcloud/organisation.ts'
import { type ReadSecret, readSecret } from '../vault/read-secret.ts'
import type { SecretSource } from '../vault/secret-source.ts'
import type { Ground } from './ground.ts'
import { once } from './once.ts'

export type TrialOptions = {
  readonly ground: Ground
  /** `main`, or `main.writer`. */
  readonly name: string
  readonly connection: Connection
  readonly credential: Credential
  readonly openConnector: () => Promise<Connector>
}

/** Why nothing is said of a credential that systemd gives to the service. */
export const onlyService = 'only the service is given it; run doctor as root while the service runs'

export type Trial = {
  /** A systemd credential lies where the service and root may read it, and only while the service runs. */
  readonly isOutOfReach: boolean
  /** Rejects with `secret_…`. */
  read(): Promise<ReadSecret>
  /** The organisation, or why there is none; `forbidden` for a role that may not list them. Rejects with any other error. */
  organisation(signal: AbortSignal): Promise<Organisation | 'forbidden' | SallyportError>
  capabilities(families: readonly Family[], signal: AbortSignal): Promise<readonly Capability[]>
}

const seconds = 1000
/** A program that prints a secret may take longer for the agent; here somebody waits. */
const programMs = 5 * seconds

export function createTrial({ ground, name, connection, credential, openConnector }: TrialOptions): Trial {
  const { files, environment, guard, clock, random } = ground
  const read = once(async () => {
    const source = hurried(credential.source)
    const found = await readSecret({ connection: name, source, files, environment, clock })
    guard.protect(found.secret, name)
    return found
  })
  const open = async () => {
    const parts = { secret: (await read()).secret, connector: await openConnector() }
    return openTrialClient({ name, connection, credential, ...parts, guard, clock, random })
  }
  return {
    isOutOfReach: 'systemd' in credential.source && environment.CREDENTIALS_DIRECTORY === undefined,
    read,
    organisation: once(async (signal) => {
      await using jumpcloud = await open()
      return await readOrganisation(jumpcloud.lane('interactive', signal)).catch(unlessOfOrganisation)
    }),
    capabilities: async (families, signal) => {
      await using jumpcloud = await open()
      return await probeFamilies(families, jumpcloud.lane('bulk', signal), clock.now)
    },
  }
}

function hurried(source: SecretSource): SecretSource {
  if (!('exec' in source)) return source
  return { exec: { ...source.exec, timeoutMs: Math.min(source.exec.timeoutMs, programMs) } }
}

function unlessOfOrganisation(error: unknown): 'forbidden' | SallyportError {
  if (!(error instanceof SallyportError)) throw error
  if (error.code === 'jumpcloud_forbidden') return 'forbidden'
  if (error.code === 'organisation_ambiguous' || error.code === 'organisation_unknown') return error
  throw error
}
