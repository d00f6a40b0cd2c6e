// A command of the machine, run to its end.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

export type Ended = { readonly code: number; readonly out: string; readonly complaints: string }

export type Surroundings = {
  readonly environment?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly input?: string
}

/** Its code is 128, and its signal is among the complaints, where a signal ended it. Throws where it cannot be started. */
export async function finishCommand(
  command: string,
  words: readonly string[],
  { environment = process.env, cwd = process.cwd(), input = '' }: Surroundings = {},
): Promise<Ended> {
  const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'pipe'], env: environment, cwd })
  child.stdin.on('error', () => {}).end(input)
  const over = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  const [out, complaints, [code, signal]] = await over.catch((cause: unknown) => {
    throw new Error(`run ${command}: it cannot be started; is it installed (CONTRIBUTING.md), and is this root?`, {
      cause,
    })
  })
  return { code: typeof code === 'number' ? code : 128, out, complaints: `${complaints}${signal ?? ''}` }
}

/** Its output without the last newline. Throws where it ends otherwise than with 0. */
export async function runCommand(
  command: string,
  words: readonly string[],
  surroundings?: Surroundings,
): Promise<string> {
  const { code, out, complaints } = await finishCommand(command, words, surroundings)
  if (code === 0) return out.trimEnd()
  throw new Error(`${[command, ...words].join(' ')} ended with ${code}:\n${out}${complaints}`)
}
