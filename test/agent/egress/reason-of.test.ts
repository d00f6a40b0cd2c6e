import { expect, test } from 'vitest'
import { reasonOf } from '../../../agent/egress/reason-of.ts'

test('says the message of an error', () => {
  expect(reasonOf(new Error('connect ECONNREFUSED 127.0.0.1:1'))).toBe('connect ECONNREFUSED 127.0.0.1:1')
})

test('says the code where the message is empty, as it is when several addresses were tried', () => {
  expect(reasonOf(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED')
})

test('says something of anything', () => {
  expect(reasonOf(new AggregateError([]))).toBe('AggregateError')
  expect(reasonOf(undefined)).toBe('failed')
})
