// The order of a run as the agent holds it, for tests of its parts.

import { createHash } from 'node:crypto'
import type { RunText } from '@sallyport/protocol'
import type { Order } from '../../agent/runs/batch.ts'

/** Fresh, and of attempt 1, unless said otherwise. */
export function orderOf(run: RunText, said: Partial<Order> = {}): Order {
  const text = JSON.stringify(run)
  const digest = createHash('sha256').update(text).digest('hex')
  return { run, text, digest, attempt: 1, ttlMs: 1000, doubtful: false, age: { monotonicMs: 0, wallMs: 0 }, ...said }
}
