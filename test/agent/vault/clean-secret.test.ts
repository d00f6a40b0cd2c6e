import { inspect } from 'node:util'
import { array, assert, constantFrom, property, string, uniqueArray } from 'fast-check'
import { expect, test } from 'vitest'
import { cleanSecret, type Stripped } from '../../../agent/vault/clean-secret.ts'
import { openSecret } from '../../../agent/vault/secret.ts'

const samples: Readonly<Record<Stripped, string>> = {
  'byte order mark': '\uFEFF',
  'zero-width character': '\u200B',
  newline: '\r\n',
  'white space': '\u00A0 \t',
  quotes: '\u201C"\'',
}
const kinds: readonly Stripped[] = ['byte order mark', 'zero-width character', 'newline', 'white space', 'quotes']
const key = string({
  unit: constantFrom(...'abcdefghijklmnopqrstuvwxyzABCDEF0123456789_-+/=.~!$%&(){}'),
  minLength: 1,
  maxLength: 60,
})

test('leaves a clean secret as it is and reports nothing', () => {
  const clean = cleanSecret('jca_0123456789abcdef')

  expect(clean).toMatchObject({ ok: true, stripped: [] })
  expect(clean.ok && openSecret(clean.secret)).toBe('jca_0123456789abcdef')
})

test('strips whatever people paste around a secret, and reports exactly its kinds', () => {
  assert(
    property(key, uniqueArray(constantFrom(...kinds)), uniqueArray(constantFrom(...kinds)), (text, before, after) => {
      const raw = before.map((kind) => samples[kind]).join('') + text + after.map((kind) => samples[kind]).join('')

      const clean = cleanSecret(raw)

      expect(clean.ok && openSecret(clean.secret)).toBe(text)
      expect(clean.ok && new Set(clean.stripped)).toEqual(new Set([...before, ...after]))
    }),
  )
})

test('strips byte order marks and zero-width characters inside a secret too', () => {
  assert(
    property(array(key, { minLength: 2, maxLength: 4 }), constantFrom('\uFEFF', '\u200D', '\u2060'), (parts, mark) => {
      const clean = cleanSecret(parts.join(mark))

      expect(clean.ok && openSecret(clean.secret)).toBe(parts.join(''))
    }),
  )
})

test.each([
  ['', 'empty'],
  [' \n"\u200B" ', 'empty'],
  ['abc def', 'white space inside'],
  ['abc\ndef', 'white space inside'],
  ['abc\u0085def', 'white space inside'],
  ['abc\u00A0def', 'white space inside'],
  ['abc\u0007def', 'control character'],
  ['a\0b\0c\0', 'control character'],
  ['schl\u00FCssel', 'not ASCII'],
  ['key\u{1F511}', 'not ASCII'],
  ['abc\uFFFDdef', 'not ASCII'],
])('refuses %j: %s', (raw, flaw) => {
  expect(cleanSecret(raw)).toEqual({ ok: false, flaw })
})

test('shows no part of the secret, whichever way the answer is printed', () => {
  const clean = cleanSecret(' "jca_0123456789abcdef" ')

  const printed = `${JSON.stringify(clean)} ${inspect(clean, { depth: null, showHidden: true })}`

  expect(printed).toContain('[secret]')
  expect(printed).not.toContain('jca_')
})
