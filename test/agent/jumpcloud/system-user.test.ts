import { userRow } from '@sallyport/protocol/user-row'
import { expect, test } from 'vitest'
import { systemUser, userRowOf } from '../../../agent/jumpcloud/system-user.ts'

const least = { _id: '6026bec6b8207255280d5981', username: 'ada', email: 'ada@example.com' }

test('what JumpCloud leaves out is null, and every member of the row is there', () => {
  const row = userRowOf(systemUser.parse(least))

  expect(Object.keys(row).toSorted()).toEqual(Object.keys(userRow.shape).toSorted())
  const { id, username, email, ...rest } = row
  expect({ id, username, email }).toEqual({ id: least._id, username: 'ada', email: 'ada@example.com' })
  expect(new Set(Object.values(rest))).toEqual(new Set([null]))
})

test('carries over what is told about second factors', () => {
  const user = {
    ...least,
    mfa: { configured: true, exclusion: true, exclusionUntil: '2026-04-01T00:00:00Z' },
    mfaEnrollment: { overallStatus: 'ENROLLED', totpStatus: 'ENROLLED' },
    enable_user_portal_multifactor: true,
    totp_enabled: true,
  }

  expect(userRowOf(systemUser.parse(user))).toMatchObject({
    mfaConfigured: true,
    mfaStatus: 'ENROLLED',
    mfaRequired: true,
    mfaExcludedUntil: '2026-04-01T00:00:00Z',
    totpEnabled: true,
  })
})

test('an exemption that is over is none', () => {
  const user = { ...least, mfa: { configured: false, exclusion: false, exclusionUntil: '2026-04-01T00:00:00Z' } }

  expect(userRowOf(systemUser.parse(user))).toMatchObject({ mfaExcludedUntil: null })
})

test('values that JumpCloud adds to a list of values pass', () => {
  expect(userRowOf(systemUser.parse({ ...least, state: 'HIBERNATED' }))).toMatchObject({ state: 'HIBERNATED' })
})
