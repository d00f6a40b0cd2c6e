// The log of the server: JSON lines, one event each, and the one door to pino on this side.

import { pino } from 'pino'
import type { Clock } from './ports/clock.ts'
import type { Log, LogFields } from './ports/log.ts'

export const logLevels = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof logLevels)[number]

export type LogOptions = {
  readonly level: LogLevel
  /** Takes one whole line, its newline included. */
  readonly write: (line: string) => void
  readonly clock: Pick<Clock, 'now'>
}

/** Lines have `level`, `time` (RFC 3339, UTC), `event` and the fields; an error becomes its code and its messages, and at level `debug` its stack. */
export function createLog({ level, write, clock }: LogOptions): Log {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: {},
  }
  const logger = pino(options, { write })
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
