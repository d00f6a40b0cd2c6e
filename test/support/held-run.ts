// A run as this replica holds it, for tests of the parts around it.

import type { RunText } from '@sallyport/protocol'
import type { Journal } from '../../agent/journal/journal.ts'
import type { Ledger } from '../../agent/ledger/ledger.ts'
import type { Log } from '../../agent/log.ts'
import type { Order } from '../../agent/runs/batch.ts'
import { HeldRun, type HeldRunOptions } from '../../agent/runs/held-run.ts'
import { RunJournal } from '../../agent/runs/run-journal.ts'
import { RunLedger } from '../../agent/runs/run-ledger.ts'
import { orderOf } from './run-order.ts'

export type HeldRunSetting = Partial<Omit<HeldRunOptions, 'journal' | 'ledger' | 'order'>> & {
  readonly id?: string
  readonly job?: string
  readonly order?: Partial<Order>
  /** Default: none, which is fine until something of the run has to be kept. */
  readonly journal?: Journal
  /** Default: one that keeps nothing. */
  readonly ledger?: Pick<Ledger, 'add' | 'durable'>
}

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export const blank: Pick<Ledger, 'add' | 'durable'> = { add: () => {}, durable: async () => {} }

const none = new Proxy({} as Journal, {
  get: (_, name) => {
    throw new Error(`this run has no journal, and ${String(name)} was asked of it`)
  },
})

export function makeHeldRun({ id = 'run-00000001', job = 'groups.list', ...setting }: HeldRunSetting = {}): HeldRun {
  const { past, received = { wallAt: 0, monotonicAt: 0 }, changed = () => {}, journal = none, ledger = blank } = setting
  const text: RunText = { id, job, connection: 'main', params: {}, requester: 'somebody' }
  const order = orderOf(text, setting.order)
  const { text: bytes, ttlMs, doubtful } = order
  const record = { ...order, id, order: { text: bytes, ttlMs, doubtful, version: '1' }, receivedAt: 0 }
  const kept = new RunJournal(journal, record, silent, past === undefined ? 'unheld' : 'held')
  return new HeldRun({ order, received, changed, past, journal: kept, ledger: new RunLedger(ledger, order) })
}
