import { expect, test } from 'vitest'
import { type CloseReason, closeCodes, closeReason } from '../../protocol/close-codes.ts'

test('every code has one name, and every name one code', () => {
  const names = Object.values(closeCodes).map(({ code }) => closeReason(code))

  expect(names).toEqual(Object.keys(closeCodes))
})

test('own codes are in the range that WebSocket leaves to applications', () => {
  const standard: readonly CloseReason[] = ['bye', 'message_too_big', 'restart']
  const own = Object.entries(closeCodes).filter(([name]) => !standard.some((one) => one === name))

  expect(own.filter(([, { code }]) => code < 4000 || code > 4999)).toEqual([])
})

test('a code that the table does not have has no name', () => {
  expect([1006, 1011, 4999].map(closeReason)).toEqual([undefined, undefined, undefined])
})

test('what a person must mend is tried again later, and nothing else of the customer is', () => {
  const customers = Object.values(closeCodes).filter(({ fault }) => fault === 'customer')

  expect(new Set(customers.map(({ retry }) => retry))).toEqual(new Set(['later']))
})
