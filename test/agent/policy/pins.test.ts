import { expect, test } from 'vitest'
import { type Pin, pinOf, pinSentence } from '../../../agent/policy/pins.ts'

test.each<[string, string | undefined, readonly string[], Pin]>([
  ['a name that one group has is pinned to it', undefined, ['a'], { state: 'pinned', id: 'a' }],
  ['one that is pinned stays so', 'a', ['a'], { state: 'pinned', id: 'a' }],
  ['a group that lost its name keeps what the name allowed', 'a', [], { state: 'pinned', id: 'a' }],
  ['a group that takes the name gains nothing', 'a', ['b'], { state: 'moved', id: 'a', to: 'b' }],
  ['a name that no group has allows nothing', undefined, [], { state: 'missing' }],
  ['one that two have allows nothing', undefined, ['a', 'b'], { state: 'ambiguous', ids: ['a', 'b'] }],
  ['even where it was pinned before', 'a', ['a', 'b'], { state: 'ambiguous', ids: ['a', 'b'] }],
])('%s', (_, pinned, owners, pin) => {
  expect(pinOf(pinned, owners)).toEqual(pin)
})

test('says what to do where something is wrong', () => {
  expect(pinSentence({ state: 'moved', id: 'a', to: 'b' })).toContain('run "sallyport policy pin"')
  expect(pinSentence({ state: 'ambiguous', ids: ['a', 'b'] })).toContain('name one by its id')
  expect(pinSentence({ state: 'unresolved', why: 'JumpCloud is away' })).toContain('JumpCloud is away')
})
