// What a verb has of the world: where it reads and writes, its environment, time and chance. Tests pass their own.

import type { LogForm } from '@sallyport/protocol/log-form'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'

export type Terminal = {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** How the log reads where `out` goes. */
  readonly logForm: LogForm
  readonly env: Readonly<Record<string, string | undefined>>
  /** The person at the keyboard, for the audit log. */
  readonly user: string
  readonly clock: Clock
  readonly random: Random
  /** Aborted by the first SIGTERM or SIGINT. */
  readonly stop: AbortSignal
}
