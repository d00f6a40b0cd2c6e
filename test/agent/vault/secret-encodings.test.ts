import { expect, test } from 'vitest'
import { encodingsOf } from '../../../agent/vault/secret-encodings.ts'

test('gives three base64 forms, none of which holds a character that a neighbour decides', () => {
  const forms = encodingsOf('0123456789abcdef').filter(({ encoding }) => encoding === 'base64')

  for (const [alignment, { text }] of forms.entries()) {
    const zeros = Buffer.from(`${'\x00'.repeat(alignment)}0123456789abcdef\x00`).toString('base64')
    const ones = Buffer.from([...Array(alignment).fill(255), ...Buffer.from('0123456789abcdef'), 255]).toString(
      'base64',
    )
    expect(zeros).toContain(text)
    expect(ones).toContain(text)
    expect(text.length).toBeGreaterThanOrEqual(20)
  }
  expect(forms).toHaveLength(3)
})

test('writes what JSON and URIs escape as they would', () => {
  const texts = encodingsOf('a"b\\c/d+e=f&g#h').map(({ text }) => text)

  expect(texts).toContain('a\\"b\\\\c/d+e=f&g#h')
  expect(texts).toContain('a\\\\\\"b\\\\\\\\c/d+e=f&g#h')
  expect(texts).toContain('a%22b%5Cc%2Fd%2Be%3Df%26g%23h')
  expect(texts).toContain('a%22b%5cc%2fd%2be%3df%26g%23h')
})

test('leaves out forms so short that they would be met by chance', () => {
  expect(encodingsOf('abc')).toEqual([])
  expect(encodingsOf('abcd').map(({ encoding }) => encoding)).not.toContain('base64')
})
