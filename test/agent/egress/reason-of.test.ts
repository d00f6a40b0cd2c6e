import { expect, test } from 'vitest'
import { refused } from '../../../agent/egress/egress-error.ts'
import { reasonOf, reasonWith } from '../../../agent/egress/reason-of.ts'

test('says the message of an error', () => {
  expect(reasonOf(new Error('connect ECONNREFUSED 127.0.0.1:1'))).toBe('connect ECONNREFUSED 127.0.0.1:1')
})

test('says the code where the message is empty, as it is when several addresses were tried', () => {
  expect(reasonOf(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED')
})

test('says what failed in TLS without the lines of the library', () => {
  const wrongVersion = { code: 'ERR_SSL_WRONG_VERSION_NUMBER', reason: 'wrong version number' }
  const alert = { code: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', reason: 'tlsv1 alert unknown ca' }
  const failed = (about: object) =>
    Object.assign(new Error('40EDE4:error:0A00010B:SSL routines::tlsany.c:77:\n'), about)

  expect(reasonOf(failed(wrongVersion))).toBe('what answers there does not speak TLS (plain http at an https URL?)')
  expect(reasonOf(failed({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' }))).toMatch(/only versions of TLS before 1\.2/)
  expect(reasonOf(failed(alert))).toBe('TLS: tlsv1 alert unknown ca')
})

test('says something of anything', () => {
  expect(reasonOf(new AggregateError([]))).toBe('AggregateError')
  expect(reasonOf(undefined)).toBe('failed')
})

test('gives its advice where this end does not know better', () => {
  expect(reasonWith(new Error('connect ECONNREFUSED'), 'Check the address.')).toBe(
    'connect ECONNREFUSED. Check the address.',
  )
  expect(reasonWith(refused('it is not listed.'), 'Check the address.')).toBe(
    "refused by the agent's own egress guard: it is not listed.",
  )
})
