import { expect, test } from 'vitest'
import { errorCodes, isErrorCode } from '../../protocol/error-codes.ts'
import { SallyportError } from '../../protocol/sallyport-error.ts'

test('knows by its code whose fault it is and whether to try again', () => {
  const errors = Object.keys(errorCodes)
    .filter(isErrorCode)
    .map((code) => new SallyportError(code, 'list users'))

  const read = errors.map(({ code, fault, retry }) => [code, fault, retry])
  expect(read).toEqual(Object.entries(errorCodes).map(([code, { fault, retry }]) => [code, fault, retry]))
})

test('keeps its cause and its rule', () => {
  const cause = new Error('socket hang up')
  const error = new SallyportError('policy_denied', 'add a member', { cause, rule: 'connections.main.allow' })

  expect(error).toMatchObject({ cause, rule: 'connections.main.allow', message: 'add a member' })
})

test('has no cause of its own', () => {
  expect(Object.hasOwn(new SallyportError('not_found', 'read the group'), 'cause')).toBe(false)
})

test('a code of a newer version is no code of this one, nor is what every object has', () => {
  expect(['moon_full', 'constructor', 'toString'].filter(isErrorCode)).toEqual([])
})
