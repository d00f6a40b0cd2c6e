// A program of the host itself, such as systemctl, run to its end.

import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

/** What it complained of, as a part of a sentence; also where it cannot be started. */
export type Ended = { readonly ok: boolean; readonly said: string }
export type RunHostCommand = (command: string, ...words: readonly string[]) => Promise<Ended>

export const runHostCommand: RunHostCommand = async (command, ...words) => {
  const { promise, resolve } = Promise.withResolvers<Ended>()
  const child = spawn(command, words, { stdio: ['ignore', 'ignore', 'pipe'] })
  const said = text(child.stderr)
  child.on('error', (error) => resolve({ ok: false, said: error.message }))
  child.on('close', async (code) => resolve({ ok: code === 0, said: asPart(await said) }))
  return await promise
}

function asPart(text: string): string {
  return text.trim().replace(/\s+/g, ' ').replace(/\.$/, '')
}
