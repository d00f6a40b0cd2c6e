// A person at a terminal: a program under script(1), which gives it a real one (a pty), what it shows there, and what is typed.

import { spawn } from 'node:child_process'
import { once } from 'node:events'

export type Terminal = AsyncDisposable & {
  /** Types when the program shows this, after what was typed before. Throws where it ends without. */
  answer(question: RegExp, keys: string): Promise<void>
  /** All that the program and the terminal itself wrote so far, with the orders to the terminal. */
  shown(): string
  /** The exit code of the program. */
  readonly ended: Promise<number>
}

export const keys = { enter: '\r', down: '\u001B[B', interrupt: '\u0003' } as const

export function openTerminal(command: readonly string[]): Terminal {
  const words = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  // Of itself it has no size here.
  const line = `stty cols 120 rows 40; exec ${words}`
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', line, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.on('error', () => {})
  const read = { text: '', from: 0 }
  const looks = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    read.text += text
    for (const look of looks) look()
  })
  const ended = once(child, 'close').then(([code]) => Number(code))
  const shows = async (question: RegExp) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const look = () => void (question.test(read.text.slice(read.from)) && resolve())
    looks.add(look)
    void ended.then((code) => reject(new Error(`ended (${code}) before it asked ${question}:\n${read.text}`)))
    look()
    await promise.finally(() => looks.delete(look))
  }
  return {
    answer: async (question, keys) => {
      await shows(question)
      read.from = read.text.length
      child.stdin.write(keys)
    },
    shown: () => read.text,
    ended,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}
