import { assert, constantFrom, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { fitsPattern } from '../../../agent/policy/name-pattern.ts'

test.each([
  ['Domain Admins', 'domain admins', true],
  ['Domain Admins', 'Domain Admins 2', false],
  ['*admin*', 'The Administrators', true],
  ['admin*', 'The Administrators', false],
  ['*s', 'Administrators', true],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'acb', false],
  ['ab*ba', 'aba', false],
  ['*', '', true],
  ['a.c', 'abc', false],
  ['(a+)+$', '(a+)+$', true],
  ['Äpfel*', 'A\u0308PFELBAUM', true],
])('%j fits %j: %s', (pattern, name, fits) => {
  expect(fitsPattern(pattern, name)).toBe(fits)
})

test('fits what a regular expression of the same meaning fits', () => {
  const letters = string({ unit: constantFrom('a', 'b', '*'), maxLength: 8 })
  const names = string({ unit: constantFrom('a', 'b'), maxLength: 12 })
  assert(
    property(letters, names, (pattern, name) => {
      expect(fitsPattern(pattern, name)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name))
    }),
  )
})

test('takes no time for a pattern that was made to take long', () => {
  expect(fitsPattern(`${'a*'.repeat(128)}b`, 'a'.repeat(100_000))).toBe(false)
})
