import { expect, test } from 'vitest'
import { refuseUnsafeProcess } from '../../../agent/configuration/refuse-unsafe-process.ts'

const nodeFlags = ['--enable-source-maps']

test('refuses to start where Node was told to accept any certificate', () => {
  const environment = { NODE_TLS_REJECT_UNAUTHORIZED: '0' }

  expect(() => refuseUnsafeProcess({ environment, nodeFlags })).toThrow(
    expect.objectContaining({ code: 'configuration_invalid', message: expect.stringContaining('unset it') }),
  )
})

test.each([
  '--inspect',
  '--inspect-brk=0.0.0.0:9229',
  '--heapsnapshot-signal=SIGUSR2',
  '--heap_prof',
  '--abort-on-uncaught-exception',
  '--tls-keylog=/k',
])('refuses to start where Node was told %s, as a flag or by the environment', (flag) => {
  const refused = expect.objectContaining({ code: 'configuration_invalid' })

  expect(() => refuseUnsafeProcess({ environment: {}, nodeFlags: [flag] })).toThrow(refused)
  expect(() => refuseUnsafeProcess({ environment: { NODE_OPTIONS: `--a ${flag}` }, nodeFlags })).toThrow(refused)
})

test('starts where certificates are checked and the memory is closed', () => {
  expect(() => refuseUnsafeProcess({ environment: {}, nodeFlags })).not.toThrow()
  const environment = { NODE_TLS_REJECT_UNAUTHORIZED: '1', NODE_OPTIONS: '--max-old-space-size=64 --no-warnings' }
  expect(() => refuseUnsafeProcess({ environment, nodeFlags: [] })).not.toThrow()
})
