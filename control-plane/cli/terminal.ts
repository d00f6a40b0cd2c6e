// What a verb has of the world: where it reads and writes, its environment, time and chance. Tests pass their own.

import type { LogForm } from '@sallyport/protocol/log-form'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'

export type Terminal = {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Where the log goes, a line without its line feed at a time, and in which form. */
  readonly log: { readonly form: LogForm; readonly write: (line: string) => void }
  readonly env: Readonly<Record<string, string | undefined>>
  /** The person at the keyboard, for the audit log. */
  readonly user: string
  readonly clock: Clock
  readonly random: Random
  /** Aborted by the first SIGTERM or SIGINT. */
  readonly stop: AbortSignal
}
