// The command `egress`: what a network team has to let through.

import { SallyportError } from '@sallyport/protocol'
import { type Configuration, loadConfiguration } from '../configuration/configuration.ts'
import type { LegSettings } from '../configuration/leg-settings.ts'
import { destinationsOf, type PermittedDestination } from '../egress/destinations.ts'
import type { Environment } from '../egress/leg-proxy.ts'
import { isPut, systemFiles } from '../ports/files.ts'
import type { SecretSource } from '../vault/secret-source.ts'
import type { Host } from './host.ts'
import { findPaths, type PathFlags } from './paths.ts'

export type EgressFlags = PathFlags & { readonly connection?: string; readonly json?: boolean }

/** Prints what the connector of the agent holds everything to; with `--connection` what that one needs. */
export async function egress({ connection, json, ...flags }: EgressFlags, host: Host): Promise<void> {
  const paths = findPaths(flags, host.environment, isPut)
  const configuration = await loadConfiguration(paths.configuration, systemFiles)
  if (connection !== undefined && !Object.hasOwn(configuration.connections, connection)) {
    const names = Object.keys(configuration.connections).join(', ')
    throw new SallyportError(
      'connection_unknown',
      `list destinations: there is no connection "${connection}" in ${paths.configuration}; there are: ${names}`,
    )
  }
  const all = destinationsOf(configuration, host.environment)
  const listed = connection === undefined ? all : all.filter(({ leg }) => leg === `connections.${connection}`)
  const programs = programsOf(configuration, connection)
  const lines = json
    ? [JSON.stringify({ ...asJson(listed), programs })]
    : [...asText(listed, host.environment), ...programs.map(programSentence)]
  for (const line of lines) host.print(line)
}

/** Programs that print a secret. Where they connect to is not ours to know. */
function programsOf({ plane, connections }: Configuration, connection: string | undefined): readonly string[] {
  const ofPlane = connection === undefined ? [proxyPassword(plane)] : []
  const ofConnections = Object.entries(connections)
    .filter(([name]) => connection === undefined || name === connection)
    .flatMap(([, settings]) => [settings.credential.source, settings.writer?.source, proxyPassword(settings)])
  const sources = [...ofPlane, ...ofConnections].filter((source) => source !== undefined)
  return [...new Set(sources.flatMap((source) => ('exec' in source ? [source.exec.command[0]] : [])))]
}

function proxyPassword({ proxy }: LegSettings): SecretSource | undefined {
  return proxy === undefined || proxy === 'none' ? undefined : proxy.password
}

function programSentence(program: string): string {
  return `It runs ${program}, which prints a secret and connects to what it wants: that is not guarded, and not in this list.`
}

function asJson(listed: readonly PermittedDestination[]) {
  return {
    destinations: listed.map(({ leg, host, port, why, by }) => ({ leg, host, port, why, by: by ? at(by) : null })),
    dns: namesAsked(listed).length > 0,
  }
}

function asText(listed: readonly PermittedDestination[], environment: Environment): readonly string[] {
  const direct = listed.filter(({ by }) => by === undefined)
  const proxies = new Set(listed.flatMap(({ by }) => (by === undefined ? [] : [at(by)])))
  return [
    'Let this host open TCP connections out to:',
    ...table(direct),
    ...[...proxies].flatMap((proxy) => [
      `Let the proxy ${proxy} go on for it, by CONNECT, to:`,
      ...table(listed.filter(({ by }) => by !== undefined && at(by) === proxy)),
    ]),
    'It opens no port for others to connect to, and connects to nothing else.',
    dnsSentence(namesAsked(listed)),
    'JumpCloud sees the address from which your own network, or the proxy, goes out: where JumpCloud limits addresses, allow that one.',
    environmentSentence(environment),
  ]
}

/** What several legs share stands once. */
function table(listed: readonly PermittedDestination[]): readonly string[] {
  const places = [...new Set(listed.map(at))]
  const width = Math.max(...places.map(({ length }) => length))
  return places.map((place) => {
    const uses = listed.filter((one) => at(one) === place)
    const whys = [...new Set(uses.map(({ why }) => why))].join('; ')
    return `  ${place.padEnd(width)}  ${whys} (${[...new Set(uses.map(({ leg }) => leg))].join(', ')})`
  })
}

function namesAsked(listed: readonly PermittedDestination[]): readonly string[] {
  const hosts = listed.filter(({ by }) => by === undefined).map(({ host }) => host)
  return [...new Set(hosts.filter((host) => !/^\[|^[\d.]+$|^localhost$/.test(host)))]
}

function dnsSentence(names: readonly string[]): string {
  return names.length === 0
    ? 'It needs no DNS.'
    : `It needs DNS for: ${names.join(', ')}. Names behind a proxy are resolved by the proxy.`
}

function environmentSentence(environment: Environment): string {
  const isSet = ['https_proxy', 'HTTPS_PROXY'].some((name) => (environment[name] ?? '') !== '')
  return isSet
    ? 'HTTPS_PROXY of this shell is counted in where a leg names no proxy; the service may run with another.'
    : 'This shell names no proxy (HTTPS_PROXY); the service may run with one.'
}

function at({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host}:${port}`
}
