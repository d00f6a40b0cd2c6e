#!/usr/bin/env node
// The program `sallyport`: the process ends here and nowhere else.

import { errorCodes, SallyportError } from '@sallyport/protocol'
import { CommanderError } from 'commander'
import type { Host } from './cli/host.ts'
import { createProgram } from './cli/program.ts'
import { createLineWriter } from './ports/line-writer.ts'
import { systemTurn } from './ports/turn.ts'

// Who read the output may go, as in `| head`: that is no reason to end, least of all for a log.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {})

const printer = createLineWriter((text) => process.stdout.write(text), systemTurn)
process.on('exit', printer.flush)

const host: Host = {
  environment: process.env,
  print: printer.write,
  complain: (line) => process.stderr.write(`${line}\n`),
  readInput: async () => {
    if (process.stdin.isTTY) process.stderr.write('sallyport: paste it here, then press Enter and Ctrl-D\n')
    let text = ''
    for await (const chunk of process.stdin) text += String(chunk)
    return text
  },
  onStop: (listener) => {
    process.on('SIGTERM', listener)
    process.on('SIGINT', listener)
  },
}

/** 0 done, 1 failed or refused, 2 usage or configuration. */
async function run(): Promise<number> {
  try {
    await createProgram(host).parseAsync(process.argv)
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (!(error instanceof SallyportError)) throw error
    host.complain(`sallyport: ${error.code}: ${error.message}`)
    const ofTheHost = /^(configuration|policy|identity|code_malformed)/.test(error.code)
    return ofTheHost && errorCodes[error.code].fault === 'customer' ? 2 : 1
  }
}

process.exitCode = await run()
