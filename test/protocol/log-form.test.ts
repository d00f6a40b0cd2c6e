import { stripVTControlCharacters } from 'node:util'
import { assert, dictionary, jsonValue, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inForm, logFormOf, withPriority } from '../../protocol/log-form.ts'

const stream = '8:1234'
const time = '2026-01-01T12:00:00.000Z'
const json = (fields: object, level = 'info') => JSON.stringify({ level, time, event: 'run.failed', ...fields })

describe('the form', () => {
  test.each([
    ['JSON where a program reads', false, {}, 'json'],
    ['readable with colours on a terminal', true, {}, 'colour'],
    ['without colours where nobody wants them', true, { NO_COLOR: '1' }, 'plain'],
    ['without colours on a terminal that has none', true, { TERM: 'dumb' }, 'plain'],
    ['with colours where NO_COLOR is empty', true, { NO_COLOR: '' }, 'colour'],
    ['with priorities where the journal of systemd reads', false, { JOURNAL_STREAM: stream }, 'journal'],
    ['JSON where the journal reads another output than this', false, { JOURNAL_STREAM: '8:1235' }, 'json'],
    ['readable where a terminal was handed the environment of a service', true, { JOURNAL_STREAM: '8:12' }, 'colour'],
  ] as const)('is %s', (_, isTerminal, environment, form) => {
    expect(logFormOf({ isTerminal, stream, environment })).toBe(form)
  })
})

describe('a line', () => {
  test('is left as it is where a program reads', () => {
    expect(inForm('json', json({ run: 'r_1' }))).toBe(json({ run: 'r_1' }))
  })

  test.each([
    ['error', 3],
    ['warn', 4],
    ['info', 6],
    ['debug', 7],
  ])('of level %s has priority %i in the journal', (level, priority) => {
    expect(inForm('journal', json({}, level))).toBe(`<${priority}>${json({}, level)}`)
  })

  test('has time, level, event and fields on a terminal, and says of an error what it is about', () => {
    const error = { code: 'jumpcloud_unreachable', message: 'list users: no answer', causes: ['ECONNRESET'] }

    expect(inForm('plain', json({ run: 'r_1', count: 2, error }, 'warn'))).toBe(
      `${time} warn  run.failed run=r_1 count=2 error.code=jumpcloud_unreachable error.message="list users: no answer" error.causes=["ECONNRESET"]`,
    )
  })

  test('says the same with colours', () => {
    const line = json({ count: 2, note: 'two words' }, 'error')

    const shown = inForm('colour', line)

    expect(shown).toContain('\u001b[31merror\u001b[39m')
    expect(stripVTControlCharacters(shown)).toBe(inForm('plain', line))
  })

  test('cannot end, move the cursor or look like another field by what it holds', () => {
    assert(
      property(string({ unit: 'binary' }), dictionary(string(), jsonValue()), (text, fields) => {
        const shown = inForm('plain', json({ text, one: { ...fields }, two: 'a=b c' }))

        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
        expect(shown).toMatch(/ two="a=b c"$/)
      }),
    )
  })
})

test('each line of a complaint is an entry of its own in the journal', () => {
  expect(withPriority('error', 'a defect: Error\n    at here')).toBe('<3>a defect: Error\n<3>    at here')
  expect(withPriority('error', 'a defect\n')).toBe('<3>a defect\n')
})
