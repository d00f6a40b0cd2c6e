// Owns making one row of each kind; how many there are and who belongs where is seed-tenant's.

import type { JsonObject } from '../json.ts'
import type { Role } from '../state/role.ts'
import type { Row, Tenant, User, UserGroup } from '../state/tenant.ts'
import { blankUser, enrollment } from './blank-user.ts'
import { DEPARTMENTS, inventGroupName, inventPerson, PLACES } from './invented-names.ts'

/** Seeded objects were made one minute apart from here on, whatever the clock says. */
const FIRST_CREATED_AT = Date.parse('2024-03-04T05:06:07.123Z')
const MINUTE_MS = 60_000

interface Birth {
  readonly id: string
  readonly created: string
}

function birth(tenant: Tenant, number: number): Birth {
  const createdAt = FIRST_CREATED_AT + number * MINUTE_MS
  return { id: tenant.newId(createdAt), created: new Date(createdAt).toISOString() }
}

export function makeUser(tenant: Tenant, number: number): User {
  const { draw } = tenant
  const { firstname, lastname, username, email } = inventPerson(draw, number)
  const state = draw.pick(['ACTIVATED', 'ACTIVATED', 'ACTIVATED', 'ACTIVATED', 'STAGED', 'SUSPENDED'] as const)
  const hasMfa = draw.chance(0.7)
  return {
    ...blankUser({ ...birth(tenant, number), username, email }),
    firstname,
    lastname,
    displayname: `${firstname} ${lastname}`,
    department: draw.pick(DEPARTMENTS),
    location: draw.pick(PLACES),
    jobTitle: draw.pick(['Analyst', 'Engineer', 'Lead', 'Specialist'] as const),
    company: 'Example Works',
    employeeIdentifier: `E${String(number).padStart(6, '0')}`,
    phoneNumbers: [{ type: 'work', number: `+49 30 5550 ${String(number).padStart(4, '0')}`, id: draw.hex(24) }],
    state,
    suspended: state === 'SUSPENDED',
    activated: state !== 'STAGED' && draw.chance(0.9),
    totp_enabled: hasMfa,
    mfa: { configured: hasMfa, exclusion: false },
    mfaEnrollment: enrollment(hasMfa),
    unix_uid: 5001 + number,
    unix_guid: 5001 + number,
  }
}

export function makeGroup(tenant: Tenant, number: number, changes: Partial<UserGroup> = {}): UserGroup {
  const name = changes.name ?? inventGroupName(tenant.draw, number)
  return {
    id: birth(tenant, number).id,
    type: 'user_group',
    name,
    description: '',
    email: '',
    membershipMethod: 'STATIC',
    memberQuery: null,
    memberQueryExemptions: [],
    memberSuggestionsNotify: false,
    memberQueryErrorFlags: [],
    suggestionCounts: { add: 0, remove: 0, total: 0 },
    attributes: { ldapGroups: [{ name }] },
    organizationObjectId: tenant.id,
    ...changes,
  }
}

export function makeApplication(tenant: Tenant, number: number): Row {
  const { id, created } = birth(tenant, number)
  const label = `Example App ${number}`
  return {
    _id: id,
    id,
    active: true,
    name: tenant.draw.pick(['saml2', 'oidc', 'aws-sso'] as const),
    displayName: label,
    displayLabel: label,
    beta: false,
    color: null,
    organization: tenant.id,
    logo: { url: 'https://assets.example.com/application.png' },
    ssoUrl: `https://sso.example.com/saml2/app-${number}`,
    description: '',
    config: { idpPrivateKey: secretField('idpPrivateKey'), acsUrl: { label: 'ACS URL', type: 'text', value: '' } },
    databaseAttributes: [],
    created,
    sso: { jit: false, beta: false, type: 'saml', idpCertExpirationAt: '2029-03-04T05:06:07.000Z' },
  }
}

/** Stands where JumpCloud may return secret material, so that a client that lets it through is found out. */
const secretField = (key: string): JsonObject => ({ label: key, type: 'file', value: `SIMULATED-SECRET-${key}` })

export function makeAdministrator(tenant: Tenant, number: number, roleName: Role = 'Administrator'): Row {
  const { id, created } = birth(tenant, number)
  const { firstname, lastname } = inventPerson(tenant.draw, number)
  return {
    _id: id,
    id,
    email: `admin.${number}@example.com`,
    firstname,
    lastname,
    organization: tenant.id,
    roleName,
    roleNames: [roleName],
    enableMultiFactor: true,
    totpEnrolled: tenant.draw.chance(0.8),
    suspended: false,
    apiKeyAllowed: true,
    apiKeySet: true,
    apiKeyHash: { prefix: 'jca_', createdAt: created, expireAt: null },
    created,
  }
}

export function makeSystem(tenant: Tenant, number: number): Row {
  const { id, created } = birth(tenant, number)
  const os = tenant.draw.pick(['Mac OS X', 'Windows', 'Ubuntu'] as const)
  return {
    _id: id,
    id,
    displayName: `example-host-${number}`,
    hostname: `example-host-${number}`,
    os,
    osFamily: { 'Mac OS X': 'darwin', Windows: 'windows', Ubuntu: 'linux' }[os],
    arch: 'x86_64',
    agentVersion: '2.1.0',
    active: tenant.draw.chance(0.6),
    lastContact: created,
    created,
    serialNumber: `SIM${String(number).padStart(8, '0')}`,
    organization: tenant.id,
    fde: { active: tenant.draw.chance(0.8), keyPresent: tenant.draw.chance(0.7) },
    systemInsights: { state: 'enabled' },
  }
}

export function makeSystemGroup(tenant: Tenant, number: number): Row {
  const { id } = birth(tenant, number)
  const name = `Devices ${number}`
  return { id, type: 'system_group', name, description: '', email: '', membershipMethod: 'STATIC', attributes: null }
}
