// Every host and port that the process connects to, and why: the one list that `sallyport egress` prints and to which the
// connector holds everything. Out of it: DNS, and what an exec source does.

import type { Configuration, Connection } from '../configuration/configuration.ts'
import type { LegSettings } from '../configuration/leg-settings.ts'
import { baseUrlsOf } from '../jumpcloud/regions.ts'
import { type Environment, goesBy, type LegProxy, proxyOf } from './leg-proxy.ts'

/** `plane`, or `connections.NAME`: as the configuration names it. */
export type LegName = 'plane' | `connections.${string}`

export type PermittedDestination = {
  readonly leg: LegName
  /** Lower case; an IPv6 address in brackets. */
  readonly host: string
  readonly port: number
  /** For people. */
  readonly why: string
  /** The proxy that is asked to go on to it; undefined where the agent connects to it itself. */
  readonly by?: LegProxy
  readonly isProxy: boolean
}

/** In the order of the configuration, each once; a leg's proxy before what it goes on to. Throws for a proxy variable that cannot be used. */
export function destinationsOf(
  { plane, connections }: Pick<Configuration, 'plane' | 'connections'>,
  environment: Environment,
): readonly PermittedDestination[] {
  const ofConnections = Object.entries(connections).flatMap(([name, settings]) =>
    destinationsOfLeg(`connections.${name}`, jumpcloudUrls(settings), settings, environment),
  )
  return [...planeDestinations(plane.url, plane, environment), ...ofConnections]
}

/** Those of the plane's leg, for who has an URL and no whole configuration. */
export function planeDestinations(url: string, settings: LegSettings, environment: Environment) {
  return destinationsOfLeg('plane', [{ url, why: 'the control plane' }], settings, environment)
}

export type Wanted = { readonly url: string; readonly why: string }

/** The URLs that a connection calls, which JumpCloud's region or the configuration names. */
export function jumpcloudUrls({ hosts, credential, writer }: Connection): readonly Wanted[] {
  const { console, api, oauth } = baseUrlsOf(typeof hosts === 'string' ? { region: hosts } : { baseUrls: hosts })
  const asksForTokens = [credential, writer].some((one) => one?.kind === 'service_account')
  return [
    { url: console, why: 'JumpCloud: the directory' },
    { url: api, why: 'JumpCloud: Directory Insights' },
    ...(oauth !== undefined && asksForTokens ? [{ url: oauth, why: 'JumpCloud: tokens of service accounts' }] : []),
  ]
}

function destinationsOfLeg(
  leg: LegName,
  wanted: readonly Wanted[],
  settings: LegSettings,
  environment: Environment,
): readonly PermittedDestination[] {
  const proxy = proxyOf(leg, settings, environment)
  const all = wanted.map(({ url, why }) => destinationAt(leg, new URL(url), why, proxy))
  const distinct = all.filter((one, index) => all.findIndex((other) => isSame(one, other)) === index)
  if (proxy === undefined || distinct.every(({ by }) => by === undefined)) return distinct
  const { host, port, namedBy } = proxy
  return [{ leg, host, port, why: `the proxy that ${namedBy} names`, isProxy: true }, ...distinct]
}

function destinationAt(leg: LegName, url: URL, why: string, proxy: LegProxy | undefined): PermittedDestination {
  const by = goesBy(proxy, url)
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  return { leg, host: url.hostname, port, why, ...(by === undefined ? {} : { by }), isProxy: false }
}

function isSame(one: PermittedDestination, other: PermittedDestination): boolean {
  return one.host === other.host && one.port === other.port
}
