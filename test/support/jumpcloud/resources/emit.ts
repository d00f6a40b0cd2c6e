// Owns the events that the simulator's own writes leave behind (JumpCloud reference 16.4 [R]).

import type { Call } from '../http/call.ts'
import type { Json, JsonObject } from '../json.ts'
import type { UserGroup } from '../state/tenant.ts'

export interface Change extends JsonObject {
  readonly field: string
  readonly from?: Json
  readonly to?: Json
}

interface Emission {
  readonly type: string
  readonly about: JsonObject
}

/** Appends one directory event; it becomes visible after the dialect's ingest delay. */
export function emit({ world, tenant, grant, request }: Call, { type, about }: Emission): void {
  const now = world.now()
  const event = {
    '@version': '1',
    id: tenant.newId(now),
    event_type: type,
    service: 'directory',
    timestamp: new Date(now).toISOString(),
    organization: tenant.id,
    initiated_by: initiator(tenant.id, grant),
    ...about,
    client_ip: '198.51.100.1',
    geoip: GEOIP,
    useragent: { name: request.headers['user-agent'] ?? '', os: 'Linux', version: '' },
    auth_method: 'api key',
    success: true,
    provider: null,
  }
  tenant.events.append(event, now + world.dialect.ingestDelayMs)
}

export function initiator(organizationId: string, { email, id, kind }: Call['grant']): JsonObject {
  return kind === 'api_key'
    ? { id: organizationId.slice(0, 18).padEnd(24, 'a'), type: 'admin', email }
    : { id: organizationId.slice(0, 18).padEnd(24, 'b'), type: 'service', username: id }
}

const GEOIP: JsonObject = {
  country_code: 'DE',
  region_code: 'BE',
  region_name: 'Land Berlin',
  continent_code: 'EU',
  timezone: 'Europe/Berlin',
  latitude: 52.52,
  longitude: 13.405,
}

/** A created object lists what it was made with; values only have a `to`. */
export function createdChanges(row: JsonObject, fields: readonly string[]): readonly Change[] {
  return fields.map((field) => ({ field, to: row[field] ?? null }))
}

export function changesBetween(before: JsonObject, after: JsonObject): readonly Change[] {
  return Object.keys(after)
    .filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
    .map((field) => ({ field, from: before[field] ?? null, to: after[field] ?? null }))
}

interface Association {
  readonly op: 'add' | 'remove'
  readonly from: { readonly type: string; readonly id: string; readonly name: string }
  readonly to: { readonly type: string; readonly id: string; readonly name: string }
}

export function emitAssociation(call: Call, { op, from, to }: Association): void {
  const end = ({ type, id, name }: Association['from']): JsonObject => ({ type, object_id: id, name })
  const association = { op, action_source: 'manual', attributes: null, connection: { from: end(from), to: end(to) } }
  emit(call, { type: 'association_change', about: { association } })
}

export function emitMembership(call: Call, op: 'add' | 'remove', group: UserGroup, userId: string): void {
  const name = call.tenant.users.get(userId)?.username ?? ''
  emitAssociation(call, { op, from: group, to: { type: 'user', id: userId, name } })
}
