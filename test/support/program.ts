// Runs a program of the repository as a process of its own and listens to what it prints. Ends only what it started.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const root = join(import.meta.dirname, '../..')

export type Program = AsyncDisposable & {
  readonly pid: number
  /** Every line of both outputs so far. */
  readonly lines: readonly string[]
  /** The first line, past or to come, whose JSON the function likes; rejects when the program ends without one. */
  line(wanted: (value: Readonly<Record<string, unknown>>) => boolean): Promise<Readonly<Record<string, unknown>>>
  signal(name: NodeJS.Signals): void
  /** Exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

export type ProgramOptions = {
  readonly args?: readonly string[]
  /** Nothing else is in the environment of the program but the search path. */
  readonly environment?: Readonly<Record<string, string>>
  /** Written to its standard input, which then ends; without it the input stays open. */
  readonly input?: string
}

/** `file` is a path within the repository, such as `agent/main.ts`. */
export function startProgram(file: string, { args = [], environment = {}, input }: ProgramOptions = {}): Program {
  const child = spawn(process.execPath, [join(root, file), ...args], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const listeners = new Set<(line: string) => void>()
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      for (const listener of listeners) listener(line)
    })
  }
  child.stdin.on('error', () => {})
  if (input !== undefined) child.stdin.end(input)
  // `close` comes after both outputs have been read to their end, `exit` may come before.
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals)

  return {
    pid: child.pid ?? 0,
    lines,
    line: (wanted) => {
      const { promise, resolve, reject } = Promise.withResolvers<Readonly<Record<string, unknown>>>()
      const look = (line: string) => {
        const value = parse(line)
        if (value !== undefined && wanted(value)) resolve(value)
      }
      lines.forEach(look)
      listeners.add(look)
      void ended.then((code) => reject(new Error(`${file} ended (${code}) before it said so:\n${lines.join('\n')}`)))
      return promise.finally(() => listeners.delete(look))
    },
    signal: (name) => void child.kill(name),
    ended,
    [Symbol.asyncDispose]: async () => {
      child.stdin.destroy()
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
    },
  }
}

/** Runs a program to its end; its whole standard and error output, and its exit code. */
export async function runProgram(file: string, options: ProgramOptions = {}) {
  await using program = startProgram(file, { input: '', ...options })
  const code = await program.ended
  return { code, text: program.lines.join('\n') }
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
