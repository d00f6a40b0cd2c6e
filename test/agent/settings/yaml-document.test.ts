import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { readYamlDocument } from '../../../agent/settings/yaml-document.ts'

function documentOf(text: string) {
  const reading = readYamlDocument(text)
  if (!reading.ok) throw new Error(`expected a document: ${reading.problems[0]?.message}`)
  return reading.document
}

test('reads plain YAML, whatever the ends of its lines and with a byte order mark before it', () => {
  const value = { a: { b: [1, 'two', true, null] } }

  expect(documentOf('a:\n  b: [1, two, true, ~]\n').value).toEqual(value)
  expect(documentOf('\uFEFFa:\r\n  b:\r\n    - 1\r\n    - two\r\n    - true\r\n    -\r\n').value).toEqual(value)
})

test('keeps an id that looks like a number as it was written', () => {
  const text = '- 602600000000000000000012\n- 60260812347553060000e012\n- 0777\n- 1e3\n- 5\n- 1.5\n'

  expect(documentOf(text).value).toEqual([
    '602600000000000000000012',
    '60260812347553060000e012',
    '0777',
    '1e3',
    5,
    1.5,
  ])
})

test('takes every key for text and no word but true and false for a truth', () => {
  expect(documentOf('1: a\non: yes\nno: off\n').value).toEqual({ 1: 'a', on: 'yes', no: 'off' })
})

test.each([
  ['a key that is there twice', 'a: 1\nb: 2\na: 3\n', 3, 1, 'there already'],
  ['a tab that indents', 'a:\n\tb: 1\n', 2, 1, 'tab'],
  ['a second document', 'a: 1\n---\nb: 1\n', 2, 1, 'second document'],
  ['a colon without its space', 'a:\n  b:1\n  c: 2\n', 2, 3, 'a colon and a space'],
  ['a wildcard', 'allow: [*, b]\n', 1, 9, 'no wildcards'],
  ['a second colon', 'a: b: c\n', 1, 4, 'second colon'],
  ['an alias', 'a: 1\nb: *x\n', 2, 4, 'aliases'],
  ['an anchor', 'a: 1\nb: &x 1\n', 2, 7, 'anchors'],
  ['a tag', 'a: !secret 1\n', 1, 4, 'tags'],
  ['YAML 1.1', '%YAML 1.1\n---\na: yes\n', 1, 1, 'YAML 1.2'],
  ['a version to come', '%YAML 1.3\n---\na: 1\n', 1, 7, 'YAML 1.2'],
  ['an unknown directive', '%FOO bar\n---\na: 1\n', 1, 1, 'YAML 1.2'],
  ['a key that is no text', '? [a]\n: 1\n', 1, 3, 'must be text'],
  ['the prototype as a key', 'a:\n  __proto__: 1\n', 2, 3, 'cannot be a key'],
  ['an open quote', 'a: "x\n', 2, 1, 'missing'],
  ['an open bracket', 'a: [x\n', 2, 1, 'indented'],
  ['text that is no YAML', 'a: 1\n} b\n', 2, 1, 'not'],
])('refuses %s at its place', (_, text, line, column, words) => {
  const reading = readYamlDocument(text)

  expect(reading).toMatchObject({ ok: false })
  expect(!reading.ok && reading.problems).toContainEqual({
    place: { line, column },
    message: expect.stringContaining(words),
  })
})

test('tells one problem a line, and not its echoes', () => {
  expect(readYamlDocument('a:\n\tb:\n    c: 1\n')).toMatchObject({
    problems: [{ place: { line: 2, column: 1 }, message: expect.stringContaining('a tab indents') }],
  })
})

test('refuses a bomb of aliases without unfolding it', () => {
  const levels = Array.from({ length: 30 }, (_, level) => `l${level}: &l${level} [*l${level - 1}, *l${level - 1}]`)

  expect(readYamlDocument(['l-1: &l-1 x', ...levels].join('\n')).ok).toBe(false)
})

test.each([100, 2_000, 20_000])('answers for %i levels of nesting', (depth) => {
  expect(readYamlDocument(`a: ${'['.repeat(depth)}${']'.repeat(depth)}`).ok).toBe(depth < 1_000)
})

test('answers for any text, and repeats none of it', () => {
  assert(
    property(string({ unit: 'binary', maxLength: 60 }), string({ minLength: 0, maxLength: 60 }), (wild, ascii) => {
      for (const text of [
        wild,
        ascii,
        `a: {${ascii}`,
        `a: "${wild}`,
        `- ${ascii}\n- jca_0123456789: jca_0123456789: x`,
      ]) {
        const reading = readYamlDocument(text)
        if (!reading.ok) expect(JSON.stringify(reading.problems)).not.toContain('jca_')
      }
    }),
  )
})

test('knows the place of a value, of a key that holds a mapping, and of an item in a list', () => {
  const document = documentOf('a:\n  b: x\n  c:\n    - one\n    - two\n  d:\n')

  expect(document.placeOf(['a'], 'value')).toEqual({ line: 1, column: 1 })
  expect(document.placeOf(['a', 'b'], 'value')).toEqual({ line: 2, column: 6 })
  expect(document.placeOf(['a', 'c'], 'value')).toEqual({ line: 3, column: 3 })
  expect(document.placeOf(['a', 'c', 1], 'value')).toEqual({ line: 5, column: 7 })
  expect(document.placeOf(['a', 'd'], 'value')).toEqual({ line: 6, column: 3 })
  expect(document.placeOf(['a', 'b'], 'key')).toEqual({ line: 2, column: 3 })
})

test('gives the deepest part that is there as the place of what is missing', () => {
  const document = documentOf('x: 1\na:\n  b: 2\n')

  expect(document.placeOf(['a', 'z', 'y'], 'value')).toEqual({ line: 2, column: 1 })
  expect(document.placeOf(['nope'], 'value')).toEqual({ line: 1, column: 1 })
  expect(documentOf('').placeOf(['a'], 'value')).toEqual({ line: 1, column: 1 })
})
