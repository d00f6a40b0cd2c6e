// Starts a process that calls, and tells it what to keep going.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { endWithThis } from '../build/run-program.ts'
import { type Load, load, type Order } from './work.ts'

export type Caller = AsyncDisposable & {
  readonly pid: number
  /** What it said of itself. */
  readonly hello: unknown
  keepGoing(order: Order): Promise<Load>
}

export async function startCaller(program: string, args: readonly string[]): Promise<Caller> {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env.PATH },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  endWithThis(child)
  const ended = once(child, 'exit')
  child.stdin.on('error', () => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<unknown> => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error(`${program} ended; what it said of it is above`)
    return JSON.parse(value)
  }
  return {
    pid: child.pid ?? 0,
    hello: await next(),
    keepGoing: async (order) => {
      child.stdin.write(`${JSON.stringify(order)}\n`)
      return load.parse(await next())
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end()
      await ended
    },
  }
}
