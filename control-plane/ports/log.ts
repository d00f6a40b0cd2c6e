// The log as a value that is passed in: an event such as `session.opened`, and what belongs to it.

export type LogFields = Readonly<Record<string, unknown>>

export type Log = {
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

export const silentLog: Log = {
  info: () => {},
  warn: () => {},
  error: () => {},
}
