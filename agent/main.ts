#!/usr/bin/env node
// The program `sallyport`: the process ends here and nowhere else.

import { fstatSync, realpathSync } from 'node:fs'
import { isSea } from 'node:sea'
import { createLineWriter, losingLog } from '@sallyport/protocol/line-writer'
import { logFormOf, withPriority } from '@sallyport/protocol/log-form'
import { guardedOutput } from './cli/guarded-output.ts'
import type { Host } from './cli/host.ts'
import { readHiddenLine } from './cli/read-hidden-line.ts'
import { systemClock } from './ports/clock.ts'
import { systemTurn } from './ports/turn.ts'
import { createLeakGuard } from './vault/leak-guard.ts'

/** What is still going on when a command is done may go on for that long. */
const lingerMs = 2000

const usualColumns = 80

const stopListeners: (() => void)[] = []
const stop = () => {
  // It has not begun anything yet.
  if (stopListeners.length === 0) process.exit(0)
  for (const listener of stopListeners) listener()
}
if (process.argv[2] === 'start') for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)

// Without a listener, this signal has Node open its debugger, and with it the memory, to every user of the host.
process.on('SIGUSR1', () => {})
// A report of Node, where somebody asked for one, would hold what an environment variable does.
process.report.excludeEnv = true

// Who read the output may go, as in `| head`: that is no reason to end, least of all for a log.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {})

// A serial console says that it has none, and each letter of a question would go on a line of its own.
if (process.stdout.columns === 0) process.stdout.columns = usualColumns

const formOf = ({ fd, isTTY }: typeof process.stdout | typeof process.stderr) => {
  const { dev, ino } = fstatSync(fd, { bigint: true })
  return logFormOf({ isTerminal: isTTY, stream: `${dev}:${ino}`, environment: process.env })
}
const printForm = formOf(process.stdout)
const complainForm = formOf(process.stderr)

const printer = createLineWriter({
  output: (text) => process.stdout.write(text),
  endOfTurn: systemTurn,
  losing: process.argv[2] === 'start' ? losingLog(process.stdout, printForm, systemClock.now) : undefined,
})
process.on('exit', printer.flush)

const guard = createLeakGuard()
const complain = (text: string) => {
  const isMarked = complainForm !== 'journal' || /^<\d>/.test(text)
  process.stderr.write(`${isMarked ? text : withPriority('error', text)}\n`)
}
const output = guardedOutput({ print: printer.write, complain }, guard)
// Node would print it past the guard.
process.on('uncaughtException', (error) => {
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error)
  for (const line of `sallyport: a defect: ${said}`.split('\n')) output.complain(line)
  process.exit(1)
})

const host: Host = {
  environment: process.env,
  nodeFlags: process.execArgv,
  programFile: isSea() ? process.execPath : realpathSync(process.argv[1] ?? process.execPath),
  credentialsOfService: '/run/credentials/sallyport.service',
  guard,
  logTo: {
    print: { form: printForm, write: printer.write },
    complain: { form: complainForm, write: complain },
  },
  ...output,
  isInteractive: process.stdin.isTTY && process.stdout.isTTY,
  readInput: async () => {
    if (process.stdin.isTTY) {
      process.stderr.write('sallyport: paste it here, then press Enter; it is not shown\n')
      return (await readHiddenLine(process.stdin)) ?? process.exit(130)
    }
    let text = ''
    for await (const chunk of process.stdin) text += String(chunk)
    return text
  },
  onStop: (listener) => void stopListeners.push(listener),
}

// Loaded only now, because that takes longer than a stop should wait.
import('./cli/run.ts').then(async ({ run }) => {
  process.exitCode = await run(process.argv, host)
  // The system still asks for a name that nobody waits for any more, and cannot be told to stop.
  setTimeout(() => process.exit(), lingerMs).unref()
})
