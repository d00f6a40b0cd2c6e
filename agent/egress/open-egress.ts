// Makes the connectors of the process, one for each leg, from its configuration: reads the certificate authorities and the
// passwords of proxies once, and says in the log when and why a way is closed.

import type { Configuration } from '../configuration/configuration.ts'
import type { LegSettings } from '../configuration/leg-settings.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import type { Files } from '../ports/files.ts'
import type { LeakGuard } from '../vault/leak-guard.ts'
import { readSecret } from '../vault/read-secret.ts'
import { Secret } from '../vault/secret.ts'
import { type Connector, type ConnectorOptions, createConnector } from './connector.ts'
import { destinationsOf, type LegName, type PermittedDestination } from './destinations.ts'
import { EgressError } from './egress-error.ts'
import { createLeg } from './leg.ts'
import type { Environment, LegProxy } from './leg-proxy.ts'
import { readAuthorities } from './read-authorities.ts'

export type EgressHost = {
  readonly environment: Environment
  readonly files: Files
  readonly guard: LeakGuard
  readonly clock: Clock
  readonly log: Log
}

type EgressOptions = EgressHost & { readonly configuration: Pick<Configuration, 'plane' | 'connections'> }

/**
 * The connector of each leg, by its name. Rejects with `configuration_invalid` or `secret_…` for a file or a variable that
 * cannot be used.
 */
export async function openEgress({ configuration, ...host }: EgressOptions): Promise<(leg: LegName) => Connector> {
  const { plane, connections } = configuration
  const destinations = destinationsOf(configuration, host.environment)
  const legs = new Map<LegName, Connector>([
    ['plane', await openLeg({ name: 'plane', settings: plane, destinations }, host)],
  ])
  for (const [key, settings] of Object.entries(connections)) {
    const name: LegName = `connections.${key}`
    legs.set(name, await openLeg({ name, settings, destinations }, host))
  }
  return (name) => {
    const connector = legs.get(name)
    if (connector === undefined) throw new TypeError(`there is no leg ${name}`)
    return connector
  }
}

type LegOpening = Pick<ConnectorOptions, 'connectTimeoutMs' | 'onStep'> & {
  readonly name: LegName
  readonly settings: LegSettings
  /** Those of other legs are passed over. */
  readonly destinations: readonly PermittedDestination[]
}

/** One leg alone, for what has no whole configuration. */
export async function openLeg(opening: LegOpening, host: EgressHost): Promise<Connector> {
  const { name, settings, destinations, connectTimeoutMs, onStep } = opening
  const { ca, privateAddress: isPrivate = false } = settings
  const proxy = destinations.find(({ leg, by }) => leg === name && by !== undefined)?.by
  if (proxy !== undefined) {
    host.log.info('egress.proxy', { leg: name, proxy: `${proxy.host}:${proxy.port}`, namedBy: proxy.namedBy })
  }
  const leg = createLeg({
    name,
    destinations,
    isPrivate,
    secureContext:
      ca === undefined ? undefined : await readAuthorities({ named: `${name}.ca`, path: ca, files: host.files }),
    proxyPassword: proxy && (await passwordOf(proxy, name, host)),
  })
  return telling(createConnector({ clock: host.clock, leg, connectTimeoutMs, onStep }), name, host.log)
}

async function passwordOf(
  { password, namedBy }: LegProxy,
  leg: LegName,
  host: EgressHost,
): Promise<Secret | undefined> {
  if (password === undefined) return undefined
  const { guard, log } = host
  const what = `the password of the proxy that ${namedBy} names`
  const read =
    password instanceof Secret
      ? {
          secret: password,
          notes: [
            `${what} stands in an environment variable, which other processes can read; use ${leg}.proxy in service`,
          ],
        }
      : await readSecret({ ...host, connection: leg, what, source: password })
  guard.protect(read.secret, namedBy)
  for (const note of read.notes) log.warn('egress.note', { leg, note })
  return read.secret
}

/** Once for each reason, until the way is open again: whoever waits for it tries again and again. */
function telling(connector: Connector, leg: LegName, log: Log): Connector {
  let said: string | undefined
  return (destination, callback) =>
    connector(destination, (...result) => {
      const [error] = result
      if (error === null) said = undefined
      else if (error instanceof EgressError && error.message !== said) {
        said = error.message
        log.warn('egress.closed', { leg, error })
      }
      callback(...result)
    })
}
