// A user as it may leave the customer's network. Keys, phone numbers, addresses and custom attributes are in no row.

import { z } from 'zod'
import { jumpcloudId } from './ids.ts'

const text = z.string().nullable()
const flag = z.boolean().nullable()

/** Members that JumpCloud does not send are null; enumerations stay open, because JumpCloud adds values (JumpCloud reference 6.2 [S]). */
export const userRow = z.object({
  id: jumpcloudId,
  username: z.string(),
  email: z.string(),
  firstName: text,
  middleName: text,
  lastName: text,
  displayName: text,
  description: text,
  company: text,
  department: text,
  costCenter: text,
  employeeType: text,
  employeeIdentifier: text,
  jobTitle: text,
  location: text,
  managerId: text,
  state: text.describe('STAGED, ACTIVATED or SUSPENDED; null where JumpCloud left it out'),
  activated: flag.describe('the user finished activation; an ACTIVATED user may still be false here'),
  suspended: flag,
  accountLocked: flag,
  mfaConfigured: flag.describe('a TOTP factor is enrolled'),
  mfaStatus: text.describe('ENROLLED and others, over all factors'),
  mfaRequired: flag.describe('the user portal asks for a second factor'),
  mfaExcludedUntil: text.describe('RFC 3339; null where the user is not exempt'),
  totpEnabled: flag,
  passwordExpired: flag,
  passwordNeverExpires: flag,
  passwordExpiresAt: text,
  passwordChangedAt: text,
  externallyManaged: flag,
  sudo: flag,
  administratorRole: text.describe('set where the user is also an administrator'),
  createdAt: text,
})
export type UserRow = z.infer<typeof userRow>
