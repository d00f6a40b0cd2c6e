// Runs a bundle to its end, as a command. It leaves the code cache alone: that belongs to what runs for long.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** Its standard output. Throws with what it said where it ends otherwise than with 0. */
export async function runOnce(program: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env.PATH, NODE_DISABLE_COMPILE_CACHE: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [out, complaints, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  if (code === 0) return out
  throw new Error(`${program} ${args[0]} ended with ${code}:\n${out}${complaints}`)
}
