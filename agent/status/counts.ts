// What the agent did since it started, in numbers. They are counted from what the ledger is told, so that both say the same.

import type { Entry } from '../ledger/entry.ts'

export type Counts = {
  readonly runs: { readonly done: number; readonly failed: number; readonly refused: number; readonly rows: number }
  /** Requests to JumpCloud that were sent, by connection and status; `none` where no answer came. */
  readonly calls: readonly { readonly connection: string; readonly status: string; readonly count: number }[]
}

export type Counter = { take(entry: Entry): void; counts(): Counts }

export function createCounter(): Counter {
  const runs = { done: 0, failed: 0, refused: 0, rows: 0 }
  const calls = new Map<string, { connection: string; status: string; count: number }>()

  const countCall = (connection: string, status: string) => {
    const key = `${connection} ${status}`
    const call = calls.get(key) ?? { connection, status, count: 0 }
    call.count += 1
    calls.set(key, call)
  }
  return {
    take: (entry) => {
      if (entry.kind === 'jumpcloud.called') countCall(entry.connection, String(entry.status ?? 'none'))
      if (entry.kind === 'run.refused') runs.refused += 1
      if (entry.kind !== 'run.answered') return
      runs[entry.answer] += 1
      if (entry.answer === 'done') runs.rows += entry.rows
    },
    counts: () => ({ runs: { ...runs }, calls: [...calls.values()].map((call) => ({ ...call })) }),
  }
}
