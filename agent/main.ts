#!/usr/bin/env node
// The program `sallyport`: the process ends here and nowhere else.

import type { Host } from './cli/host.ts'
import { readHiddenLine } from './cli/read-hidden-line.ts'
import { createLineWriter } from './ports/line-writer.ts'
import { systemTurn } from './ports/turn.ts'

const stopListeners: (() => void)[] = []
const stop = () => {
  // It has not begun anything yet.
  if (stopListeners.length === 0) process.exit(0)
  for (const listener of stopListeners) listener()
}
if (process.argv[2] === 'start') for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)

// Who read the output may go, as in `| head`: that is no reason to end, least of all for a log.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {})

const printer = createLineWriter((text) => process.stdout.write(text), systemTurn)
process.on('exit', printer.flush)

const host: Host = {
  environment: process.env,
  print: printer.write,
  complain: (line) => process.stderr.write(`${line}\n`),
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
})
