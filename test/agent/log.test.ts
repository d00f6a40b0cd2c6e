import { assert, dictionary, jsonValue, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { createLog } from '../../agent/log.ts'
import { createLeakGuard } from '../../agent/vault/leak-guard.ts'
import { Secret } from '../../agent/vault/secret.ts'
import type { LogForm, LogLevel } from '../../protocol/log-form.ts'

const key = '3f8a0c5d7e9b1a2c4d6f8091b2c3d4e5f6a7b8c9'
const noon = '2026-01-01T12:00:00.000Z'

function startLog(level: LogLevel = 'info', secretText = key, form: LogForm = 'json') {
  const lines: string[] = []
  const guard = createLeakGuard()
  const secret = new Secret(secretText)
  guard.protect(secret, 'main')
  const log = createLog({
    level,
    form,
    write: (line) => lines.push(line),
    guard,
    clock: { now: () => Date.parse(noon) },
  })
  return { log, lines, secret, parsed: (): unknown[] => lines.map((line) => JSON.parse(line)) }
}

test('writes one JSON line with level, time, event and fields', () => {
  const { log, lines } = startLog()

  log.info('session.opened', { session: 's1', count: 2 })

  expect(lines).toEqual([`{"level":"info","time":"${noon}","event":"session.opened","session":"s1","count":2}`])
})

test('writes nothing below its level', () => {
  const { log, parsed } = startLog('warn')

  log.debug('a')
  log.info('b')
  log.warn('c')
  log.error('d')

  expect(parsed()).toMatchObject([
    { level: 'warn', event: 'c' },
    { level: 'error', event: 'd' },
  ])
})

test('says code, message and causes of an error, and no stack', () => {
  const { log, parsed } = startLog()
  const cause = new Error('read ECONNRESET', { cause: new Error('deeper') })
  const error = Object.assign(new Error('list users: no answer', { cause }), { code: 'jumpcloud_unreachable' })

  log.error('run.failed', { error })

  expect(parsed()).toEqual([
    {
      level: 'error',
      time: noon,
      event: 'run.failed',
      error: {
        code: 'jumpcloud_unreachable',
        message: 'list users: no answer',
        causes: ['read ECONNRESET', 'deeper'],
      },
    },
  ])
})

test('shows a stack at level debug alone', () => {
  const { log, parsed } = startLog('debug')

  log.error('run.failed', { error: new Error('it broke') })

  expect(parsed()).toMatchObject([{ error: { stack: expect.stringContaining('log.test') } }])
})

test('prints a secret as [secret], at any depth', () => {
  const { log, lines, secret } = startLog()

  log.info('secret.read', { secret, deep: { secret } })

  expect(lines[0]).toContain('"secret":"[secret]","deep":{"secret":"[secret]"}')
})

test.each([
  ['raw', key],
  ['base64', Buffer.from(`x${key}`).toString('base64')],
  ['hex', Buffer.from(key).toString('hex')],
])('puts one log.leak_blocked in the place of a line that holds a secret as %s', (encoding, text) => {
  const { log, lines, parsed } = startLog()

  log.info('jumpcloud.answered', { note: `echoed ${text}` })

  expect(parsed()).toEqual([
    { level: 'error', time: noon, event: 'log.leak_blocked', blocked: 'jumpcloud.answered', secret: 'main', encoding },
  ])
  expect(lines.join('')).not.toContain(text)
})

test.each([
  ['journal', /^<3>{"level":"error",.*"event":"log.leak_blocked","blocked":"jumpcloud.answered"/],
  ['plain', /^\S+ error log.leak_blocked blocked=jumpcloud.answered secret=main encoding=raw$/],
] as const)('blocks a line that holds a secret in the form %s too', (form, said) => {
  const { log, lines } = startLog('info', key, form)

  log.info('jumpcloud.answered', { note: key })

  expect(lines).toEqual([expect.stringMatching(said)])
})

test('blocks a secret that only the readable form spells out', () => {
  const { log, lines } = startLog('info', 'outer.inner-member', 'plain')

  log.info('a', { outer: { 'inner-member': 1 } })

  expect(lines).toEqual([expect.stringMatching(/ log\.leak_blocked blocked=a secret=main encoding=raw$/)])
})

test('blocks a secret in an error, in its cause and in the name of a field', () => {
  const { log, parsed } = startLog()

  log.error('a', { error: new Error(`bad header ${key}`) })
  log.error('b', { error: new Error('outer', { cause: new Error(key) }) })
  log.error('c', { [key]: true })

  expect(parsed()).toMatchObject([{ blocked: 'a' }, { blocked: 'b' }, { blocked: 'c' }])
})

test('says less in a blocked line where saying all would repeat a short secret', () => {
  const { log, parsed } = startLog('info', 'answered')

  log.info('jumpcloud.answered')

  expect(parsed()).toEqual([{ level: 'error', time: noon, event: 'log.leak_blocked' }])
})

test('is never made to write a second line, another event or another time by what is logged', () => {
  assert(
    property(string({ unit: 'binary' }), dictionary(string(), jsonValue()), (text, fields) => {
      const { log, lines, parsed } = startLog()

      log.info('frame.ignored', { text, ...fields, time: 'never', event: text, level: 'none' })

      expect(lines).toHaveLength(1)
      expect(lines[0]).not.toContain('\n')
      expect(lines[0]).toMatch(new RegExp(`^{"level":"info","time":"${noon}",`))
      expect(parsed()).toMatchObject([{ level: 'info', time: noon, event: 'frame.ignored', time_: 'never' }])
    }),
  )
})

test('survives fields that cannot be written', () => {
  const { log, lines } = startLog()
  const circle: Record<string, unknown> = {}
  circle.self = circle

  log.info('odd', { circle, big: 12n, nothing: undefined, call: () => 1, broken: { toJSON: () => JSON.parse('{') } })

  expect(lines).toHaveLength(1)
})
