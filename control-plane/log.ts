// The log of the server: lines of one event each, and the one door to pino on this side. What an agent or a caller supplied is
// among the fields, so that nothing in a line is hidden from who reads it or obeyed by a terminal.

import { inForm, type LogForm, type LogLevel } from '@sallyport/protocol/log-form'
import { visibleJson } from '@sallyport/protocol/visible-json'
import { pino } from 'pino'
import type { Clock } from './ports/clock.ts'
import type { Log, LogFields } from './ports/log.ts'

export type LogOptions = {
  readonly level: LogLevel
  /** JSON where it is left out. */
  readonly form?: LogForm
  /** Takes one whole line, without its line feed. */
  readonly write: (line: string) => void
  readonly clock: Pick<Clock, 'now'>
}

/** In JSON, lines have `level`, `time` (RFC 3339, UTC), `event` and the fields; an error becomes its code and its messages, and at level `debug` its stack. */
export function createLog({ level, form = 'json', write, clock }: LogOptions): Log {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: {},
  }
  const logger = pino(options, { write: (line) => write(inForm(form, visibleJson(line.trimEnd()))) })
  const at =
    (name: keyof Log) =>
    (event: string, fields: LogFields = {}) =>
      logger[name](Object.assign({ event }, presentable(fields, level), { event }))
  return { info: at('info'), warn: at('warn'), error: at('error') }
}

function presentable(fields: LogFields, level: LogLevel): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? shown(value, level) : value]),
  )
}

function shown(error: Error, level: LogLevel): LogFields {
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  const stack = level === 'debug' ? { stack: error.stack } : {}
  const cause = error.cause instanceof Error ? { cause: shown(error.cause, level) } : {}
  return { ...code, message: error.message, ...stack, ...cause }
}
