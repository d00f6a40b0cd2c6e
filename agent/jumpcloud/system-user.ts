// A user as JumpCloud v1 sends it, what we read of it, and the row that it becomes (JumpCloud reference 6.2 [S], [R]).

import { jumpcloudId } from '@sallyport/protocol/ids'
import type { UserRow } from '@sallyport/protocol/user-row'
import { z } from 'zod'
import type { JumpCloudReads } from './port.ts'

const text = z.string().nullish()
const flag = z.boolean().nullish()

export const systemUser = z.object({
  _id: jumpcloudId,
  username: z.string(),
  email: z.string(),
  firstname: text,
  middlename: text,
  lastname: text,
  displayname: text,
  description: text,
  company: text,
  department: text,
  costCenter: text,
  employeeType: text,
  employeeIdentifier: text,
  jobTitle: text,
  location: text,
  manager: text,
  state: text,
  activated: flag,
  suspended: flag,
  account_locked: flag,
  mfa: z.object({ configured: flag, exclusion: flag, exclusionUntil: text }).nullish(),
  mfaEnrollment: z.object({ overallStatus: text }).nullish(),
  enable_user_portal_multifactor: flag,
  totp_enabled: flag,
  password_expired: flag,
  password_never_expires: flag,
  password_expiration_date: text,
  password_date: text,
  externally_managed: flag,
  sudo: flag,
  admin: z.object({ roleName: text }).nullish(),
  created: text,
})
export type SystemUser = z.infer<typeof systemUser>

const userPath = '/api/systemusers/{id}'

/** Throws `not_found` where there is none. */
export function getSystemUser(jumpcloud: JumpCloudReads, userId: string): Promise<SystemUser> {
  return jumpcloud.get({ operation: 'get the user', path: userPath, ids: { id: userId }, shape: systemUser })
}

export function userRowOf(user: SystemUser): UserRow {
  return { ...personOf(user), ...accountOf(user), ...factorsOf(user) }
}

function personOf(user: SystemUser) {
  return {
    id: user._id,
    username: user.username,
    email: user.email,
    firstName: user.firstname ?? null,
    middleName: user.middlename ?? null,
    lastName: user.lastname ?? null,
    displayName: user.displayname ?? null,
    description: user.description ?? null,
    company: user.company ?? null,
    department: user.department ?? null,
    costCenter: user.costCenter ?? null,
    employeeType: user.employeeType ?? null,
    employeeIdentifier: user.employeeIdentifier ?? null,
    jobTitle: user.jobTitle ?? null,
    location: user.location ?? null,
    managerId: user.manager || null,
  }
}

function accountOf(user: SystemUser) {
  return {
    state: user.state ?? null,
    activated: user.activated ?? null,
    suspended: user.suspended ?? null,
    accountLocked: user.account_locked ?? null,
    passwordExpired: user.password_expired ?? null,
    passwordNeverExpires: user.password_never_expires ?? null,
    passwordExpiresAt: user.password_expiration_date ?? null,
    passwordChangedAt: user.password_date ?? null,
    externallyManaged: user.externally_managed ?? null,
    sudo: user.sudo ?? null,
    administratorRole: user.admin?.roleName ?? null,
    createdAt: user.created ?? null,
  }
}

/** What JumpCloud says about second factors, uninterpreted (JumpCloud reference 6.3). */
function factorsOf({ mfa, mfaEnrollment, ...user }: SystemUser) {
  return {
    mfaConfigured: mfa?.configured ?? null,
    mfaStatus: mfaEnrollment?.overallStatus ?? null,
    mfaRequired: user.enable_user_portal_multifactor ?? null,
    mfaExcludedUntil: (mfa?.exclusion && mfa.exclusionUntil) || null,
    totpEnabled: user.totp_enabled ?? null,
  }
}
