// The way to one other end, as the connector needs it: what is permitted on it, by which proxy, and whom TLS trusts there.

import type { SecureContext } from 'node:tls'
import { basicAuthorization } from '../vault/basic-authorization.ts'
import type { Secret } from '../vault/secret.ts'
import type { AddressKind } from './address-kind.ts'
import type { LegName, PermittedDestination } from './destinations.ts'
import { kindsFor, type Resolve } from './guarded-lookup.ts'
import type { TunnelRequest } from './tunnel.ts'

/** Where TCP goes. */
export type Route = {
  /** An IPv6 address without brackets. */
  readonly hostname: string
  readonly port: number
  /** Of a name's addresses. */
  readonly allowed: ReadonlySet<AddressKind>
  /** What the proxy there is asked; undefined on a direct way. */
  readonly tunnel: TunnelRequest | undefined
}

export type Leg = {
  /** `plane` or `connections.NAME`: messages name the keys of the configuration below it. */
  readonly name: string
  /** Undefined for a host and port that is not permitted. `host` is in lower case, an IPv6 address in brackets. */
  routeTo(host: string, port: number): Route | undefined
  /** Default: whom Node trusts. */
  readonly secureContext?: SecureContext | undefined
  /** Default: the system's. */
  readonly resolve?: Resolve | undefined
}

type LegOptions = Pick<Leg, 'secureContext' | 'resolve'> & {
  readonly name: LegName
  readonly destinations: readonly PermittedDestination[]
  readonly isPrivate: boolean
  readonly proxyPassword: Secret | undefined
}

/** `destinations` may be those of all legs; what is permitted here is what lists this one. A proxy is no destination of a request. */
export function createLeg({ destinations, isPrivate, proxyPassword, ...rest }: LegOptions): Leg {
  const own = destinations.filter(({ leg, isProxy }) => leg === rest.name && !isProxy)
  return {
    ...rest,
    routeTo: (host, port) => {
      const found = own.find((each) => each.host === host && each.port === port)
      if (found === undefined) return undefined
      const { by } = found
      const next = by ?? { host, port }
      const hostname = unbracketed(next.host)
      return {
        hostname,
        port: next.port,
        allowed: kindsFor({ hostname, isProxy: by !== undefined, isPrivate }),
        tunnel: by && tunnelRequest(found, by, proxyPassword),
      }
    },
  }
}

type By = NonNullable<PermittedDestination['by']>

function tunnelRequest({ host, port }: PermittedDestination, by: By, password: Secret | undefined): TunnelRequest {
  const { username, namedBy } = by
  const isNamed = username !== undefined && password !== undefined
  return {
    target: `${host}:${port}`,
    proxy: `${by.host}:${by.port}`,
    namedBy,
    authorization: isNamed ? basicAuthorization(username, password) : undefined,
  }
}

export function unbracketed(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}
