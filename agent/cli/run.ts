// A command line from its words to its exit code. Whoever calls this ends the process.

import { errorCodes, SallyportError } from '@sallyport/protocol'
import { CommanderError } from 'commander'
import { isPassingTrouble } from '../ports/passing-trouble.ts'
import type { Host } from './host.ts'
import { createProgram } from './program.ts'

/** `words` begin with two that name Node and the program. 0 done, 1 failed or refused, 2 usage or configuration; rejects for a defect. */
export async function run(words: readonly string[], host: Host): Promise<number> {
  try {
    await createProgram(host).parseAsync(words)
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (!(error instanceof SallyportError)) throw error
    host.complain(`sallyport: ${error.code}: ${error.message}`)
    const ofTheHost = /^(configuration|policy_invalid|identity|code_malformed)/.test(error.code)
    // The service manager starts the agent again after 1, and after 2 it waits for a person.
    return ofTheHost && errorCodes[error.code].fault === 'customer' && !isPassingTrouble(error.cause) ? 2 : 1
  }
}
