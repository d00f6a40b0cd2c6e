// A process that calls: it is told on standard input what to keep going, and tells on standard output how that went.

import { createInterface } from 'node:readline'
import { percentile } from './statistics.ts'
import { type Load, type Order, order, type Work } from './work.ts'

/** Each asks once and throws where the answer is not whole. */
export type Calls = Readonly<Record<Work, () => Promise<void>>>

/** Says `hello` first, as one line; ends with the input. */
export async function serveCaller(hello: object, calls: Calls): Promise<void> {
  const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
  say(hello)
  for await (const line of createInterface({ input: process.stdin })) {
    say(await keepGoing(calls, order.parse(JSON.parse(line))))
  }
}

async function keepGoing(calls: Calls, { work, inFlight, forMs }: Order): Promise<Load> {
  const call = calls[work]
  const latencies: number[] = []
  const startedAt = performance.now()
  const loop = async () => {
    do {
      const askedAt = performance.now()
      await call()
      latencies.push(performance.now() - askedAt)
    } while (performance.now() - startedAt < forMs)
  }
  await Promise.all(Array.from({ length: inFlight }, loop))
  const tookMs = performance.now() - startedAt
  return { count: latencies.length, tookMs, p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99) }
}

/** For a call whose answer has a wrong number of rows: a contestant that answers less would win. */
export function expectCount(found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`the answer has ${found} rows and not ${wanted}`)
}
