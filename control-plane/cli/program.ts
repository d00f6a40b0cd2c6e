// The command line put together, and the exit code that an error becomes.

import { type ErrorCode, SallyportError } from '@sallyport/protocol'
import { Command, CommanderError } from 'commander'
import { RunFailed } from '../client/run-failed.ts'
import { version } from '../version.ts'
import { addAgent } from './agent.ts'
import { addBackup } from './backup.ts'
import { addCode } from './code.ts'
import { jsonLine } from './json-line.ts'
import { addKey } from './key.ts'
import { printable } from './printable.ts'
import { addReplica } from './replica.ts'
import { addRun } from './run.ts'
import { addStart } from './start.ts'
import type { Terminal } from './terminal.ts'
import { addToken } from './token.ts'

/** What was typed or configured does not fit; a run that an agent refused or failed is another matter. */
const usage: ReadonlySet<ErrorCode> = new Set([
  'configuration_invalid',
  'request_invalid',
  'params_invalid',
  'job_unknown',
  'token_missing',
])

/** 0 done, 1 failed or refused, 2 usage or configuration. Never throws. */
export async function runProgram(argv: readonly string[], terminal: Terminal): Promise<number> {
  const program = createProgram(terminal)
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    terminal.err(printable(explain(error, program.opts<{ json?: true }>().json === true)))
    return error instanceof SallyportError && usage.has(error.code) ? 2 : 1
  }
}

function createProgram(terminal: Terminal): Command {
  const program = new Command('sallyport-control')
    .description('The control plane of Sallyport agents.')
    .version(version)
    .option('--config <file>', 'configuration; SALLYPORT_CONTROL_CONFIG, else /etc/sallyport-control/config.yaml')
    .option('--state <directory>', 'where store.db and signing.key are, instead of where the configuration says')
    .option('--json', 'print one JSON object a line')
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
  for (const add of [addStart, addCode, addAgent, addReplica, addToken, addKey, addBackup, addRun])
    add(program, terminal)
  return program
}

function explain(error: unknown, asJson: boolean): string {
  if (!(error instanceof SallyportError) && !(error instanceof RunFailed)) {
    const message = error instanceof Error ? error.message : String(error)
    return asJson ? jsonLine({ error: { code: 'plane_error', message } }) : `sallyport-control: ${message}\n`
  }
  const { code, message, fault, retry, rule } = error
  if (asJson) return jsonLine({ error: { code, message, fault, retry, rule } })
  return `sallyport-control: ${message}\n  ${code}, to be mended by: ${fault}${rule === undefined ? '' : `, rule: ${rule}`}${retry ? '; trying again later may help' : ''}\n`
}
