import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { expect, test } from 'vitest'
import { CallError } from '../../../agent/jumpcloud/call-error.ts'

test('is an error of the one table, with whose fault it is and whether to try again', () => {
  const error = new CallError('rate_limited', 'too many', { sent: 'maybe', status: 429 })

  expect(error).toBeInstanceOf(SallyportError)
  expect(error).toMatchObject({ code: 'rate_limited', fault: 'jumpcloud', retry: true })
})

test.for([
  [undefined, false],
  [200, false],
  [301, false],
  [302, true],
  [307, false],
  [400, true],
  [401, true],
  [402, true],
  [403, true],
  [404, true],
  [407, false],
  [408, false],
  [409, true],
  [425, false],
  [429, true],
  [499, false],
  [500, false],
  [503, false],
] as const)('with status %s it is known that nothing was done: %s', ([status, refused]) => {
  expect(new CallError('internal_error', '', { sent: 'maybe', status }).refused).toBe(refused)
})

test('what a proxy on the way says by the same status is not known to have been said by JumpCloud', () => {
  expect(new CallError('jumpcloud_unreachable', '', { sent: 'maybe', status: 302 }).refused).toBe(false)
})
