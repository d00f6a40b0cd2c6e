// What calls are signed with, made of a credential: an API key as it is, a service account's secret by way of a token that is
// asked for once for all who wait and again before it ends.

import { SallyportError } from '@sallyport/protocol'
import type { Credential as Settings } from '../configuration/credential.ts'
import { firstAborted, onceAborted } from '../egress/any-aborted.ts'
import type { Access, Pass } from '../jumpcloud/access.ts'
import type { FetchToken } from '../jumpcloud/token.ts'
import type { Clock } from '../ports/clock.ts'
import type { LeakGuard } from '../vault/leak-guard.ts'
import type { Secret } from '../vault/secret.ts'

export type AccessOptions = {
  /** For messages and the leak guard: the connection, and which of its credentials. */
  readonly name: string
  readonly settings: Settings
  readonly secret: () => Secret | undefined
  readonly fetchToken: FetchToken
  readonly organisationId: () => string | undefined
  readonly guard: Pick<LeakGuard, 'protect' | 'forget'>
  readonly clock: Pick<Clock, 'monotonic'>
}

/** Both reject `ready` with `credential_missing` where there is no secret; reading one is somebody else's work. */
export function createAccess(options: AccessOptions): Access {
  return options.settings.kind === 'api_key' ? keyAccess(options) : tokenAccess(options, options.settings.clientId)
}

function keyAccess({ name, secret, organisationId }: AccessOptions): Access {
  return {
    ready: async () => void present(secret(), name),
    current: () => {
      const key = secret()
      return key && { kind: 'api_key', secret: key }
    },
    worked: () => {},
    refused: (pass) => pass.secret !== secret(),
    organisationId,
  }
}

const seconds = 1000
/** A call may wait that long for its turn, and its token has to be good when it arrives. */
const marginMs = 60 * seconds

type Held = {
  readonly pass: Pass
  /** The secret that it was given for. */
  readonly of: Secret
  readonly staleAt: number
  hasWorked: boolean
}

function tokenAccess(options: AccessOptions, clientId: string): Access {
  const { name, secret, fetchToken, organisationId, guard, clock } = options
  let held: Held | undefined
  /** Calls that are under way may still carry it. */
  let former: Pass | undefined
  let refreshing: Promise<void> | undefined

  const isFresh = () => held !== undefined && held.of === secret() && clock.monotonic() < held.staleAt
  const refresh = async () => {
    const clientSecret = present(secret(), name)
    const { secret: token, lifetimeMs } = await fetchToken({ clientId, clientSecret })
    guard.protect(token, `${name}.token`)
    if (former !== undefined) guard.forget(former.secret)
    former = held?.pass
    const staleAt = clock.monotonic() + lifetimeMs - Math.min(marginMs, lifetimeMs / 2)
    held = { pass: { kind: 'bearer', secret: token }, of: clientSecret, staleAt, hasWorked: false }
  }
  return {
    ready: async (signals) => {
      if (isFresh()) return
      refreshing ??= refresh().finally(() => {
        refreshing = undefined
      })
      await unlessAborted(refreshing, signals)
    },
    current: () => (isFresh() ? held?.pass : undefined),
    worked: (pass) => {
      if (held?.pass === pass) held.hasWorked = true
    },
    refused: (pass) => {
      if (held?.pass !== pass) return true
      // One that never worked would be followed by the same again.
      const isWorthAnother = held.hasWorked
      former = pass
      held = undefined
      return isWorthAnother
    },
    organisationId,
  }
}

function present(secret: Secret | undefined, name: string): Secret {
  if (secret !== undefined) return secret
  throw new SallyportError('credential_missing', `sign a request of ${name}: there is no secret`)
}

/** What several calls wait for goes on when one of them is called off. */
export async function unlessAborted<Value>(waited: Promise<Value>, signals: readonly AbortSignal[]): Promise<Value> {
  firstAborted(signals)?.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const ignoreSignals = onceAborted(signals, aborted.reject)
  return await Promise.race([waited, aborted.promise]).finally(ignoreSignals)
}
