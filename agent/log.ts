// The log: lines of one event each, and the one door to pino. No line leaves that holds a secret. Where the lines go is the
// caller's business, and in which form: log-form.ts of the protocol.

import { inForm, type LogForm, type LogLevel } from '@sallyport/protocol/log-form'
import { visibleJson } from '@sallyport/protocol/visible-json'
import { pino } from 'pino'
import { errorFields } from './log-error-fields.ts'
import type { Clock } from './ports/clock.ts'
import type { LeakGuard, LeakHit } from './vault/leak-guard.ts'

type Write = (event: string, fields?: Readonly<Record<string, unknown>>) => void

/** `event` is `snake_case` words joined by dots, such as `session.opened`; it names what happened and holds no data. */
export type Log = Readonly<Record<LogLevel, Write>>

export type LogOptions = {
  readonly level: LogLevel
  /** JSON where it is left out. */
  readonly form?: LogForm
  /** Takes one whole line, without its line feed. */
  readonly write: (line: string) => void
  readonly guard: Pick<LeakGuard, 'contains'>
  readonly clock: Pick<Clock, 'now'>
}

/**
 * In JSON, lines have `level`, `time` (RFC 3339, UTC), `event` and the fields. An error among the fields becomes its code, message
 * and the messages of its causes, with its stack only at level `debug`. A line that holds a secret is not written; one
 * `log.leak_blocked` stands in its place.
 */
export function createLog({ level, form = 'json', write, guard, clock }: LogOptions): Log {
  const emit = (written: string) => {
    const line = visibleJson(written.trimEnd())
    const shown = inForm(form, line)
    const hit = guard.contains(line, 'log') ?? (shown.endsWith(line) ? undefined : guard.contains(shown, 'log'))
    write(hit === undefined ? shown : inForm(form, visibleJson(blockedLine(line, hit, guard, clock))))
  }
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${timeText(clock)}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: {},
    },
    { write: emit },
  )
  const writer =
    (at: LogLevel): Write =>
    (event, fields = {}) => {
      if (logger.isLevelEnabled(at)) logger[at](presentable(event, fields, level))
    }
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') }
}

/** A field cannot stand in for what the log itself says of a line: a second `time` in one JSON object hides the first. */
const own: ReadonlySet<string> = new Set(['level', 'time', 'event'])

function presentable(event: string, fields: Readonly<Record<string, unknown>>, level: LogLevel): object {
  const shown: Record<string, unknown> = { event }
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    const detail = level === 'debug' ? 'with-stack' : 'without-stack'
    shown[own.has(key) ? `${key}_` : key] = value instanceof Error ? errorFields(value, detail) : value
  }
  return shown
}

/** Says which secret and where; less, where even that would repeat a short one. */
function blockedLine(line: string, hit: LeakHit, guard: LogOptions['guard'], clock: LogOptions['clock']): string {
  const parsed: unknown = JSON.parse(line)
  const event = typeof parsed === 'object' && parsed !== null && 'event' in parsed ? parsed.event : null
  const start = { level: 'error', time: timeText(clock), event: 'log.leak_blocked' }
  const full = JSON.stringify({ ...start, blocked: event, secret: hit.name, encoding: hit.encoding })
  return guard.contains(full, 'log') === undefined ? full : JSON.stringify(start)
}

function timeText(clock: LogOptions['clock']): string {
  return new Date(clock.now()).toISOString()
}
