// In which form an output of a process takes the lines of the log, by what reads it: a program, the journal of systemd or a person.
// Which event is written, and with which fields, is the same for all. Not of the wire: both programs write by it.

import { visibleJson } from './visible-json.ts'

export const logLevels = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof logLevels)[number]

export type LogForm = 'json' | 'journal' | 'plain' | 'colour'

export type Output = {
  readonly isTerminal: boolean
  /** Device and inode, as in `8:1234`. */
  readonly stream: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * Whether systemd reads the output is decided by the very stream that JOURNAL_STREAM names (systemd.exec(5)): a program that hands
 * its environment on, and its output elsewhere, is not mistaken for the service.
 */
export function logFormOf({ isTerminal, stream, environment }: Output): LogForm {
  if (environment.JOURNAL_STREAM === stream) return 'journal'
  if (!isTerminal) return 'json'
  return (environment.NO_COLOR ?? '') === '' && environment.TERM !== 'dumb' ? 'colour' : 'plain'
}

/** Of sd-daemon(3): as much of the journal as `journalctl -p warning` shows is what a person should look at. */
const priorities: Readonly<Record<LogLevel, string>> = { error: '<3>', warn: '<4>', info: '<6>', debug: '<7>' }

/** Text of several lines, for the journal; each line is an entry of its own there. */
export function withPriority(level: LogLevel, text: string): string {
  return text.replace(/^(?=.)/gm, priorities[level])
}

type Line = Readonly<Record<string, unknown>> & {
  readonly level: LogLevel
  readonly time: string
  readonly event: string
}

/** A line of the log, given as JSON without its line feed, for one who reads it in that form. */
export function inForm(form: LogForm, json: string): string {
  if (form === 'json') return json
  // The log itself wrote it.
  const line = JSON.parse(json) as Line
  return form === 'journal'
    ? withPriority(line.level, json)
    : readable(line, form === 'colour' ? coloured : (text) => text)
}

type Paint = (text: string, colour: keyof typeof colours) => string

const colours = { grey: 90, error: 31, warn: 33, info: 36, debug: 90 } as const
const coloured: Paint = (text, colour) => `\u001b[${colours[colour]}m${text}\u001b[39m`

function readable({ level, time, event, ...fields }: Line, paint: Paint): string {
  const shown = [...flat(fields)].map(([name, value]) => `${paint(`${word(name)}=`, 'grey')}${word(value)}`)
  return [paint(time, 'grey'), paint(level.padEnd(5), level), word(event), ...shown].join(' ')
}

/** Members of members by their way, as in `error.code`; lists stay whole. */
function* flat(fields: object, way = ''): Generator<readonly [string, unknown]> {
  for (const [name, value] of Object.entries(fields)) {
    const isDeeper = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (isDeeper) yield* flat(value, `${way}${name}.`)
    else yield [`${way}${name}`, value]
  }
}

/** Quoted as JSON but for plain words: nothing in it ends the line, moves the cursor or looks like another field. */
function word(value: unknown): string {
  if (typeof value === 'string' && /^[\w./:@+,-]+$/.test(value)) return value
  return visibleJson(JSON.stringify(value))
}
