// Owns a user with nothing but its name filled in, with the members that were recorded (JumpCloud reference 6.2 [R]).

import type { JsonObject } from '../json.ts'
import type { User } from '../state/tenant.ts'

interface Identity {
  readonly id: string
  readonly username: string
  readonly email: string
  readonly created: string
}

export function blankUser({ id, username, email, created }: Identity): User {
  return {
    ...BLANK,
    id,
    _id: id,
    username,
    email,
    created,
    state: 'ACTIVATED',
    suspended: false,
  }
}

/** Only TOTP, which is all that the older flags speak of. */
export function enrollment(hasTotp: boolean): JsonObject {
  const totpStatus = hasTotp ? 'ENROLLED' : 'NOT_ENROLLED'
  return {
    overallStatus: totpStatus,
    totpStatus,
    webAuthnStatus: 'NOT_ENROLLED',
    pushStatus: 'NOT_ENROLLED',
    smsStatus: 'NOT_ENROLLED',
    jcGoStatus: 'NOT_ENROLLED',
  }
}

const BLANK = {
  account_locked: false,
  account_locked_date: null,
  activated: false,
  addresses: [],
  allow_public_key: true,
  attributes: [],
  company: '',
  costCenter: '',
  department: '',
  description: '',
  disableDeviceMaxLoginAttempts: false,
  displayname: '',
  employeeIdentifier: null,
  employeeType: '',
  enable_managed_uid: false,
  enable_user_portal_multifactor: false,
  external_dn: '',
  external_source_type: '',
  externally_managed: false,
  firstname: '',
  jobTitle: '',
  lastname: '',
  ldap_binding_user: false,
  location: '',
  mfa: { configured: false, exclusion: false },
  mfaEnrollment: enrollment(false),
  middlename: '',
  password_expired: false,
  password_never_expires: false,
  passwordless_sudo: false,
  phoneNumbers: [],
  samba_service_user: false,
  ssh_keys: [],
  sudo: false,
  systemUsername: '',
  totp_enabled: false,
  unix_guid: 5001,
  unix_uid: 5001,
} as const
