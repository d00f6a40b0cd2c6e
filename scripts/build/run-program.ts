// Runs a program as a process of its own whose output goes to a file, as it does under a service manager.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

export type RunningProgram = AsyncDisposable & {
  readonly pid: number
  /** What the first group of the pattern matches in its output, now or later. Throws where it ends before it says so. */
  logged(pattern: RegExp): Promise<string>
  /** By SIGTERM; its exit code, or the signal that ended it. May be called twice. */
  stop(): Promise<number | NodeJS.Signals>
}

export type ProgramOptions = {
  readonly args?: readonly string[]
  /** Both outputs are added to it. */
  readonly logFile: string
  /** Flags of Node itself. */
  readonly nodeFlags?: readonly string[]
}

const lookMs = 10

export async function runProgram(program: string, options: ProgramOptions): Promise<RunningProgram> {
  const { args = [], nodeFlags = [], logFile } = options
  const log = await open(logFile, 'a')
  const child = spawn(process.execPath, [...nodeFlags, program, ...args], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', log.fd, log.fd],
  })
  endWithThis(child)
  const ended = once(child, 'exit').then(([code, signal]): number | NodeJS.Signals => code ?? signal)
  await log.close()
  const isOver = () => child.exitCode !== null || child.signalCode !== null
  return {
    pid: child.pid ?? 0,
    logged: async (pattern) => {
      for (;;) {
        const over = isOver()
        const text = readFileSync(logFile, 'utf8')
        const found = pattern.exec(text)?.[1]
        if (found !== undefined) return found
        if (over) throw new Error(`${program} ended before it said ${pattern}:\n${text.slice(-4000)}`)
        await sleep(lookMs)
      }
    },
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
    [Symbol.asyncDispose]: async () => {
      if (!isOver()) child.kill('SIGKILL')
      await ended
    },
  }
}

/** Nobody else would end it where this process is ended by a signal. */
export function endWithThis(child: ChildProcess): void {
  const end = () => void child.kill('SIGKILL')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
}
