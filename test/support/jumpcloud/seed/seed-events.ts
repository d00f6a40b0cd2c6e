// Owns historic events: the id styles, timestamp precisions and missing members that real ones were seen with
// (JumpCloud reference 16.4 [R]).

import type { Draw } from '../random.ts'
import type { InsightsEvent } from '../state/event-log.ts'
import type { Tenant } from '../state/tenant.ts'
import type { TenantSize } from './seed-tenant.ts'

interface Seeding {
  readonly tenant: Tenant
  readonly now: number
  readonly size: Pick<TenantSize, 'events' | 'eventSpanMs'>
}

export function seedEvents({ tenant, now, size }: Seeding): void {
  const step = size.eventSpanMs / Math.max(1, size.events)
  for (let n = 0; n < size.events; n += 1) {
    const happenedAt = Math.floor(now - size.eventSpanMs + n * step)
    tenant.events.append(makeEvent(tenant, happenedAt))
  }
}

export function makeEvent(tenant: Tenant, happenedAt: number): InsightsEvent {
  const event = tenant.draw.pick(MAKERS)(tenant, happenedAt)
  return { '@version': '1', organization: tenant.id, client_ip: `198.51.100.${tenant.draw.integer(255)}`, ...event }
}

type Maker = (tenant: Tenant, happenedAt: number) => InsightsEvent

const toMs = (at: number): string => new Date(at).toISOString()
const toSecond = (at: number): string => `${toMs(at).slice(0, 19)}Z`
const toNanosecond = (at: number, draw: Draw): string => `${toMs(at).slice(0, 23)}${100_000 + draw.integer(900_000)}Z`

function anyUser({ users, draw }: Tenant): { readonly id: string; readonly username: string } {
  return users.all[draw.integer(users.size)] ?? { id: '0'.repeat(24), username: 'nobody' }
}

const userLogin: Maker = (tenant, at) => {
  const { id, username } = anyUser(tenant)
  return {
    id: tenant.newId(at),
    event_type: 'user_login_attempt',
    service: 'directory',
    timestamp: toMs(at),
    initiated_by: { id, type: 'user', username },
    success: tenant.draw.chance(0.9),
    mfa: true,
    auth_method: 'session',
    provider: null,
  }
}

/** Carries `sso_token_success` where others carry `success`, and nine fractional digits. */
const ssoLogin: Maker = (tenant, at) => {
  const { id, username } = anyUser(tenant)
  const application = tenant.applications.all[0]
  return {
    id: tenant.newId(at),
    event_type: 'sso_auth',
    service: 'sso',
    timestamp: toNanosecond(at, tenant.draw),
    initiated_by: { id, type: 'user', username },
    application: { id: application?.id ?? '', name: application?.name ?? '' },
    sso_token_success: true,
  }
}

/** Has an upper-case UUID for an id and whole seconds. */
const radiusLogin: Maker = (tenant, at) => {
  const hex = tenant.draw.hex(32).toUpperCase()
  const cut = [hex.slice(0, 8), hex.slice(8, 12), `3${hex.slice(13, 16)}`, hex.slice(16, 20), hex.slice(20)]
  return {
    id: cut.join('-'),
    event_type: 'radius_auth_attempt',
    service: 'radius',
    timestamp: toSecond(at),
    initiated_by: { type: 'user', username: anyUser(tenant).username },
    success: true,
    auth_type: 'EAP-TTLS/PAP',
  }
}

/** Suspending shows as an update, without `success`. */
const userSuspended: Maker = (tenant, at) => {
  const { id, username } = anyUser(tenant)
  return {
    id: tenant.newId(at),
    event_type: 'user_update',
    service: 'directory',
    timestamp: toMs(at),
    initiated_by: { id: tenant.administrators.all[0]?.id ?? id, type: 'admin', email: 'admin.0@example.com' },
    resource: { id, type: 'user', username },
    changes: [
      { field: 'state', from: 'ACTIVATED', to: 'SUSPENDED' },
      { field: 'suspended', from: false, to: true },
    ],
  }
}

/** The most frequent type of one real tenant, and undocumented. */
const softwareStatus: Maker = (tenant, at) => ({
  id: tenant.newId(at),
  event_type: 'software_status_update',
  service: 'software',
  timestamp: toMs(at),
  initiated_by: { type: 'system', id: tenant.systems.all[0]?.id ?? '' },
  success: true,
})

const MAKERS: readonly [Maker, ...Maker[]] = [userLogin, ssoLogin, radiusLogin, userSuspended, softwareStatus]
