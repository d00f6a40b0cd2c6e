import { expect, test } from 'vitest'
import { refuseDisabledTls } from '../../../agent/configuration/refuse-disabled-tls.ts'

test('refuses to start where Node was told to accept any certificate', () => {
  expect(() => refuseDisabledTls({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toThrow(
    expect.objectContaining({ code: 'configuration_invalid', message: expect.stringContaining('unset it') }),
  )
})

test('starts where certificates are checked', () => {
  expect(() => refuseDisabledTls({})).not.toThrow()
  expect(() => refuseDisabledTls({ NODE_TLS_REJECT_UNAUTHORIZED: '1' })).not.toThrow()
})
