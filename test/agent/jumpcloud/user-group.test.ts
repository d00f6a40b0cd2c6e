import { expect, test } from 'vitest'
import { exemptUserIds, isDynamic } from '../../../agent/jumpcloud/user-group.ts'

const group = { id: '6026da081f24755306c2ee0d', name: 'Engineering' }

test.for([
  ['STATIC', false],
  ['NOTSET', false],
  [null, false],
  [undefined, false],
  ['DYNAMIC_AUTOMATED', true],
  ['DYNAMIC_REVIEW_REQUIRED', true],
  ['DYNAMIC_OF_TOMORROW', true],
] as const)('membershipMethod %s: a rule decides: %s', ([membershipMethod, dynamic]) => {
  expect(isDynamic({ ...group, membershipMethod })).toBe(dynamic)
})

test('knows whom the rule leaves alone', () => {
  expect(exemptUserIds(group)).toEqual([])
  expect(exemptUserIds({ ...group, memberQueryExemptions: [{ id: 'a' }, { id: 'b' }] })).toEqual(['a', 'b'])
})
