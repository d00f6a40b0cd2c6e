// What a configuration says, for somebody else's eyes: each member is named here. Of a secret its place is shown, of a program
// its path alone; user names and client ids only as there or not.

import type { Configuration, Connection } from '../configuration/configuration.ts'
import type { Credential } from '../configuration/credential.ts'
import type { LegSettings } from '../configuration/leg-settings.ts'
import { placeOf } from '../vault/secret-source.ts'

export function shownConfiguration({ plane, connections, log, ledger, listen, drainMs }: Configuration) {
  return {
    plane: { url: plane.url, ...shownLeg(plane) },
    connections: Object.fromEntries(Object.entries(connections).map(([name, one]) => [name, shownConnection(one)])),
    log: { level: log.level },
    ledger: { keepMs: ledger.keepMs, keepBytes: ledger.keepBytes },
    listen: { health: listen.health ?? null, metrics: listen.metrics ?? null },
    drainMs,
  }
}

function shownConnection(connection: Connection) {
  const { hosts, organisationId, credential, writer, concurrency, requestsPerHour } = connection
  return {
    hosts,
    organisationId: organisationId ?? null,
    credential: shownCredential(credential),
    writer: writer === undefined ? null : shownCredential(writer),
    concurrency,
    requestsPerHour: requestsPerHour ?? null,
    ...shownLeg(connection),
  }
}

function shownCredential({ kind, source, expiresAt }: Credential) {
  const ends = expiresAt === undefined ? null : new Date(expiresAt).toISOString()
  return { kind, source: placeOf(source), expiresAt: ends }
}

function shownLeg({ ca, proxy, privateAddress }: LegSettings) {
  return { ca: ca ?? null, proxy: shownProxy(proxy), privateAddress: privateAddress ?? false }
}

function shownProxy(proxy: LegSettings['proxy']) {
  if (proxy === undefined || proxy === 'none') return proxy ?? null
  const { url, username, password, noProxy } = proxy
  return {
    host: url.host,
    port: url.port,
    noProxy,
    isAuthenticated: username !== undefined,
    password: password === undefined ? null : placeOf(password),
  }
}
