import { expect, test } from 'vitest'
import { visibleJson, visibleLine } from '../../protocol/visible-json.ts'

test('escapes what a terminal obeys or hides, and half characters', () => {
  const text = '\u007f\u0085\u009b2J\u00ad\u200b\u2028\u202e\u2066\ufeff\u{e0041}\ud800'

  const json = visibleJson(`${JSON.stringify(text)}\n`)

  expect(json).toMatch(/^[\x20-\x7e]+\n$/)
  expect(JSON.parse(json)).toBe(text)
})

test('leaves letters of every script, and what JSON escapes already', () => {
  const json = JSON.stringify('Zoë, 千早, 👩, "x"\n\u001b\\u009b')

  expect(visibleJson(json)).toBe(json)
})

test('keeps a line for people in one line, with nothing in it that is obeyed', () => {
  const line = visibleLine('Acme\r\nok   \u001b[2J\t\u009bm\u202egnp.exe, 千早')

  expect(line).toBe('Acme\\u000d\\u000aok   \\u001b[2J\\u0009\\u009bm\\u202egnp.exe, 千早')
})
