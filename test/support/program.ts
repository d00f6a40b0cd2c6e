// Runs a program of the repository as a process of its own and listens to what it prints. Ends only what it started.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const root = join(import.meta.dirname, '../..')

/** A program that says nothing for so long is broken: what waits for it shall fail, with what it said before. */
const patienceMs = 20_000

type Line = Readonly<Record<string, unknown>>

export type Program = AsyncDisposable & {
  readonly pid: number
  /** Every line of both outputs so far. */
  readonly lines: readonly string[]
  /**
   * The first line, past or to come, whose JSON the function likes; rejects when the program ends without one, or says
   * none for 20 s. `after` is how many of the past ones do not count.
   */
  line(wanted: (value: Line) => boolean, after?: number): Promise<Line>
  /** The first line, past or to come, that the pattern matches: what it matched. */
  text(pattern: RegExp): Promise<RegExpExecArray>
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
  /** A program and its first arguments, which becomes the one to run: it is given that one's command line as further arguments. */
  readonly under?: readonly string[]
  /** Leads a process group of its own, as it would in a terminal: `process.kill(-pid, …)` reaches what it started. */
  readonly ownGroup?: boolean
}

/** For `under`: a shell that says of its own output what systemd says of that of a service, and becomes the program. */
export const asService = ['sh', '-c', 'JOURNAL_STREAM=$(stat -Lc %d:%i /proc/$$/fd/1) exec "$@" 2>&1', 'sh']

/** For `under`: a terminal of its own. */
export const onTerminal = ['sh', '-c', 'exec script -qefc "$*" /dev/null', 'sh']

/** `file` is a path within the repository, such as `agent/main.ts`. */
export function startProgram(
  file: string,
  { args = [], environment = {}, input, under = [], ownGroup = false }: ProgramOptions = {},
): Program {
  const [command = process.execPath, ...words] = [...under, process.execPath, join(root, file), ...args]
  const child = spawn(command, words, {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: ownGroup,
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

  const find = <Found>(look: (line: string) => Found | undefined, after: number): Promise<Found> => {
    const { promise, resolve, reject } = Promise.withResolvers<Found>()
    const listener = (line: string) => {
      const found = look(line)
      if (found !== undefined) resolve(found)
    }
    lines.slice(after).forEach(listener)
    listeners.add(listener)
    const giveUp = (why: string) => reject(new Error(`${file} ${why} before it said so:\n${lines.join('\n')}`))
    void ended.then((code) => giveUp(`ended (${code})`))
    const deadline = setTimeout(giveUp, patienceMs, 'took too long')
    return promise.finally(() => {
      clearTimeout(deadline)
      listeners.delete(listener)
    })
  }

  return {
    pid: child.pid ?? 0,
    lines,
    line: (wanted, after = 0) => {
      return find((line) => {
        const value = parse(line)
        return value !== undefined && wanted(value) ? value : undefined
      }, after)
    },
    text: (pattern) => find((line) => pattern.exec(line) ?? undefined, 0),
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

function parse(line: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Line) : undefined
  } catch {
    return undefined
  }
}
