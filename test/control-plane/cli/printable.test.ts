import { expect, test } from 'vitest'
import { printable } from '../../../control-plane/cli/printable.ts'

test('takes the commands to a terminal out of a text, and leaves its lines and its letters', () => {
  expect(printable('a\u001b[2J\u009bm\r\u0007b\n\tüß😀')).toBe('a\uFFFD[2J\uFFFDm\uFFFD\uFFFDb\n\uFFFDüß😀')
})

test('takes out what turns the letters after it around, and leaves what joins emoji', () => {
  expect(printable('a\u202eb\u2066c\u2028d 👩‍👧')).toBe('a\uFFFDb\uFFFDc\uFFFDd 👩‍👧')
})
