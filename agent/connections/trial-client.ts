// A client of JumpCloud for a credential that is tried out: by the way of its connection, with nothing that belongs to the
// running agent. What is asked with it is the caller's business.

import type { Connection } from '../configuration/configuration.ts'
import type { Credential } from '../configuration/credential.ts'
import type { Connector } from '../egress/connector.ts'
import { createJumpCloud, type JumpCloud } from '../jumpcloud/jumpcloud.ts'
import { retryWaitForPersonMs } from '../jumpcloud/retry.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { LeakGuard } from '../vault/leak-guard.ts'
import type { Secret } from '../vault/secret.ts'
import { version } from '../version.ts'
import { createAccess } from './credential-access.ts'

export type TrialClientOptions = {
  /** Of the credential: `main`, or `main.writer`. */
  readonly name: string
  readonly connection: Connection
  readonly credential: Credential
  readonly secret: Secret
  readonly connector: Connector
  readonly guard: LeakGuard
  readonly clock: Clock
  readonly random: Random
}

export function openTrialClient(options: TrialClientOptions): JumpCloud {
  const { name, connection, credential, secret, connector, guard, clock, random } = options
  const { hosts, organisationId } = connection
  const client: JumpCloud = createJumpCloud({
    settings: { ...(typeof hosts === 'string' ? { region: hosts } : { baseUrls: hosts }), organisationId },
    access: createAccess({
      ...{ name, settings: credential, guard, clock, secret: () => secret },
      fetchToken: (account) => client.fetchToken(account),
      organisationId: () => organisationId,
    }),
    userAgent: `Sallyport/${version}`,
    ...{ clock, random, connector, retryWait: retryWaitForPersonMs },
  })
  return client
}
