import { SallyportError } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { createLog } from '../../control-plane/log.ts'
import type { LogForm, LogLevel } from '../../protocol/log-form.ts'
import { createFakeClock } from '../support/fake-clock.ts'

function setUp(level: LogLevel = 'info', form: LogForm = 'json') {
  const lines: string[] = []
  const log = createLog({ level, form, write: (line) => void lines.push(line), clock: createFakeClock() })
  return { log, lines }
}

test('a line is one JSON object with level, time, event and fields', () => {
  const { log, lines } = setUp()

  log.info('session.opened', { agent: 'acme' })

  expect(lines).toEqual(['{"level":"info","time":"2026-03-04T05:06:07.123Z","event":"session.opened","agent":"acme"}'])
})

test('an error is its code and messages, without a stack', () => {
  const { log, lines } = setUp()
  const error = new SallyportError('plane_error', 'store: failed', { cause: new Error('disk full') })

  log.error('http.failed', { error })

  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    error: { code: 'plane_error', message: 'store: failed', cause: { message: 'disk full' } },
  })
  expect(lines[0]).not.toContain('log.test.ts')
})

test('at level debug an error has its stack', () => {
  const { log, lines } = setUp('debug')

  log.error('http.failed', { error: new Error('store: failed') })

  expect(lines[0]).toContain('log.test.ts')
})

test('lines under the level are left out', () => {
  const { log, lines } = setUp('error')

  log.info('session.opened')
  log.warn('session.refused')

  expect(lines).toEqual([])
})

test('what an agent supplied is seen, and obeyed by no terminal', () => {
  const { log, lines } = setUp()
  const version = '1.0\u009b2J\u202e'

  log.info('session.opened', { version })

  expect(lines[0]).toMatch(/^[\x20-\x7e]+$/)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ version })
})

test.each([
  ['plain', '2026-03-04T05:06:07.123Z warn  session.refused reason="no room"'],
  ['journal', '<4>{"level":"warn","time":"2026-03-04T05:06:07.123Z","event":"session.refused","reason":"no room"}'],
] as const)('a line has the form %s where it is asked for', (form, line) => {
  const { log, lines } = setUp('info', form)

  log.warn('session.refused', { reason: 'no room' })

  expect(lines).toEqual([line])
})
