// What a command needs of the process it runs in. `main.ts` fills it from `process`; nothing else of the agent looks there.

import type { LogOptions } from '../log.ts'
import type { LeakGuard } from '../vault/leak-guard.ts'

export type Host = {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The flags that Node was started with. */
  readonly nodeFlags: readonly string[]
  /** What was started: the executable, or the file that Node runs. Its addon lies beside it. */
  readonly programFile: string
  /** Where systemd shows root the credentials of the service while it runs. Commands alone look there. */
  readonly credentialsOfService?: string
  /** Of the whole process; whoever meets a secret names it here before anything else is done with it. */
  readonly guard: LeakGuard
  /** One line for people or programs, on standard output. Throws `leak_blocked` for one that holds a secret. */
  readonly print: (line: string) => void
  /** One line for people, on standard error. */
  readonly complain: (line: string) => void
  /** The log goes to the same outputs, as it is: it asks the guard itself, may have colours, and nothing else to be obeyed. */
  readonly logTo: Readonly<Record<'print' | 'complain', Required<Pick<LogOptions, 'form' | 'write'>>>>
  /** A person is at the terminal. */
  readonly isInteractive: boolean
  /** All of standard input; of a terminal one line, which is not shown. */
  readonly readInput: () => Promise<string>
  /** Calls back for each SIGTERM or SIGINT. Of `start` alone: it ends at once by one that comes before it listens, other commands by any. */
  readonly onStop: (listener: () => void) => void
}
