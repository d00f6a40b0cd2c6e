import { expect, test } from 'vitest'
import { z } from 'zod'
import { parseSettings } from '../../../agent/settings/parse-settings.ts'

const schema = z.strictObject({
  colour: z.enum(['red', 'green']),
  size: z.int().optional(),
  inner: z.strictObject({ name: z.string(), flag: z.boolean().default(false) }).prefault({ name: 'x' }),
  named: z
    .record(z.string().regex(/^[a-z]+$/, 'a name is letters'), z.strictObject({ list: z.array(z.string()) }))
    .optional(),
})

const parse = (text: string) =>
  parseSettings({ text, file: 'box.yaml', what: 'box', code: 'configuration_invalid', schema })

function messageOf(text: string): string {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'configuration_invalid') return error.message
    throw error
  }
  throw new Error('expected a refusal')
}

test('gives what the schema makes of the file', () => {
  expect(parse('colour: red\n')).toEqual({ colour: 'red', inner: { name: 'x', flag: false } })
})

test.each([
  [
    'colour: red\nsise: 1\n',
    'box.yaml:2:1: sise: there is no such key here; did you mean size? allowed: colour, inner, named, size',
  ],
  [
    'colour: red\ninner:\n  name: a\n  flog: 1\n',
    'box.yaml:4:3: inner.flog: there is no such key here; did you mean flag? allowed: flag, name',
  ],
  [
    'colour: red\nnamed:\n  a:\n    list: []\n    zzzz: 1\n',
    'box.yaml:5:5: named.a.zzzz: there is no such key here; allowed: list',
  ],
  ['size: 1\n', 'box.yaml:1:1: colour: this is missing'],
  ['colour:\n', 'box.yaml:1:1: colour: there is nothing here'],
  ['colour: gren\n', 'box.yaml:1:9: colour: this value is not known here; did you mean green? allowed: red, green'],
  ['colour: red\nsize: big\n', 'box.yaml:2:7: size: this must be a number'],
  ['colour: red\nsize: 1.5\n', 'box.yaml:2:7: size: this must be a whole number'],
  ['colour: red\ninner: []\n', 'box.yaml:2:1: inner: this must be a mapping of keys to values'],
  ['colour: red\ninner: {name: a, flag: yes}\n', 'box.yaml:2:24: inner.flag: this must be true or false'],
  ['colour: red\nnamed:\n  A1: {list: []}\n', 'box.yaml:3:3: named.A1: a name is letters'],
  ['colour: red\nnamed: {a: {list: [x, 1]}}\n', 'box.yaml:2:23: named.a.list: this must be text'],
  ['', 'box.yaml:1:1: the file: there is nothing here'],
  ['- colour\n', 'box.yaml:1:1: the file: this must be a mapping of keys to values'],
])('says of %j: %s', (text, message) => {
  expect(messageOf(text)).toBe(`read the box: ${message}`)
})

test('lists several problems in the order of the file', () => {
  expect(messageOf('zebra: 1\ncolour: blue\nsize: x\n').split('\n')).toEqual([
    'read the box: 3 problems',
    expect.stringContaining('box.yaml:1:1: zebra'),
    expect.stringContaining('box.yaml:2:9: colour'),
    expect.stringContaining('box.yaml:3:7: size'),
  ])
})

test('ends a list of very many problems', () => {
  const lines = messageOf(Array.from({ length: 100 }, (_, index) => `k${index}: 1`).join('\n')).split('\n')

  expect(lines).toHaveLength(22)
  expect(lines.at(-1)).toContain('and 81 more')
})

test('never repeats a value, nor a key that may be one', () => {
  const key = '3f8a0c5d7e9b1a2c4d6f8091b2c3d4e5f6a7b8c9'

  for (const text of [
    `colour: ${key}`,
    `${key}: red`,
    `colour: ${key}: x`,
    `colour: red\nnamed: {${key}: {}}`,
    `"${key}`,
  ]) {
    expect(messageOf(text)).not.toContain(key.slice(0, 6))
  }
})
