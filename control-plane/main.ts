#!/usr/bin/env node
// The process: it hands the world to the command line, and ends.

import { fstatSync } from 'node:fs'
import { userInfo } from 'node:os'
import { createLineWriter, losingLog } from '@sallyport/protocol/line-writer'
import { logFormOf, withPriority } from '@sallyport/protocol/log-form'
import { runProgram } from './cli/program.ts'
import { systemClock } from './ports/clock.ts'
import { systemRandom } from './ports/random.ts'
import { systemTurn } from './ports/turn.ts'

// Who read the output may go, as in `| head`: that is no reason to end, least of all for a log.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {})

const stop = new AbortController()
// The handlers stay, so that a second signal does not tear the stopping apart; SIGKILL does.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort())

const formOf = ({ fd, isTTY }: typeof process.stdout | typeof process.stderr) => {
  const { dev, ino } = fstatSync(fd, { bigint: true })
  return logFormOf({ isTerminal: isTTY, stream: `${dev}:${ino}`, environment: process.env })
}
const outForm = formOf(process.stdout)
const logWriter = createLineWriter({
  output: (text) => void process.stdout.write(text),
  endOfTurn: systemTurn,
  losing: losingLog(process.stdout, outForm, systemClock.now),
})
process.on('exit', logWriter.flush)
const isErrInJournal = formOf(process.stderr) === 'journal'

runProgram(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(isErrInJournal ? withPriority('error', text) : text),
  log: { form: outForm, write: logWriter.write },
  env: process.env,
  user: nameOfUser(),
  clock: systemClock,
  random: systemRandom,
  stop: stop.signal,
}).then((code) => {
  process.exitCode = code
})

/** A container may run it as a user who has no name there. */
function nameOfUser(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.()}`
  }
}
