// What the ledger is told of one run: what was decided, asked of JumpCloud and sent, by whom it was wanted, and how it ended.

import { type Effect, outcome } from '@sallyport/protocol'
import { z } from 'zod'
import type { Called } from '../jumpcloud/perform.ts'
import type { CallEntry, RunEntry, Sums } from '../ledger/entry.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Order } from './batch.ts'
import { digestOfNone } from './chain-digest.ts'
import type { Admission } from './gate.ts'
import type { Answer } from './output.ts'
import type { Page } from './page-cutter.ts'

const settledRow = z.object({ outcome })

type Unnamed<Entry> = Entry extends unknown ? Omit<Entry, 'run' | 'attempt'> : never

export class RunLedger {
  readonly #ledger: Pick<Ledger, 'add' | 'durable'>
  readonly #order: Order
  #attempt: number

  constructor(ledger: Pick<Ledger, 'add' | 'durable'>, order: Order) {
    this.#ledger = ledger
    this.#order = order
    this.#attempt = order.attempt
  }

  /** In doubt, a change that this replica did not make is told as one of which nobody knows. */
  become({ attempt, doubtful }: Pick<Order, 'attempt' | 'doubtful'>): void {
    this.#attempt = attempt
    this.#add({ kind: 'run.retold', doubtful })
  }

  accepted({ effect, rule }: Pick<Admission, 'effect' | 'rule'>): void {
    const { doubtful } = this.#order
    this.#add({ kind: 'run.accepted', ...wanted(this.#order), doubtful, effect, rule: rule ?? null })
  }

  handedBack(): void {
    this.#add({ kind: 'run.handed_back' })
  }

  /** Another attempt has taken over: nothing more of it is told. */
  abandoned(): void {
    this.#add({ kind: 'run.abandoned' })
  }

  /** A page that was given to the socket in a frame of its own. */
  sent({ seq: page, count: rows, byteCount: bytes, digest: sha256 }: Page): void {
    this.#add({ kind: 'page.sent', page, rows, bytes, sha256 })
  }

  intended(target: string): void {
    this.#add({ kind: 'change.intended', target })
  }

  settled(target: string, row: unknown): void {
    this.#add({ kind: 'change.settled', target, outcome: settledRow.safeParse(row).data?.outcome ?? null })
  }

  called(called: Called): void {
    this.#ledger.add(callEntry(called, this.#order.run.connection, this.#order.run.id))
  }

  /**
   * `sums` are those of a run that was done. A promise where the answer may be told only then: what a write did is in the
   * ledger, on the disk, before anybody hears of it.
   */
  answered(answer: Answer, sums: Sums, effect: Effect | undefined): Promise<void> | undefined {
    if (answer.type === 'refused') return void refuseOrder(this.#ledger, this.#order, answer.error)
    const { outcome = null } = answer
    if (answer.type === 'done') this.#add({ kind: 'run.answered', answer: 'done', outcome, ...sums })
    else this.#add({ kind: 'run.answered', answer: 'failed', code: answer.error.code, outcome })
    return effect === 'write' ? this.#ledger.durable() : undefined
  }

  #add(entry: Unnamed<RunEntry>): void {
    // Every kind of a run is made of what its own kind has, and of the two that all have.
    this.#ledger.add({ ...entry, run: this.#order.run.id, attempt: this.#attempt } as RunEntry)
  }
}

/** Also of an order that is not held. */
export function refuseOrder(ledger: Pick<Ledger, 'add'>, order: Order, { code, rule = null }: RefusedBy): void {
  const { run, attempt } = order
  ledger.add({ kind: 'run.refused', run: run.id, attempt, ...wanted(order), code, rule })
}

type RefusedBy = { readonly code: string; readonly rule?: string | null | undefined }

/** `run` is left out where the agent asked for itself. */
export function callEntry(called: Called, connection: string, run?: string): CallEntry {
  const { operation, method, path, status, code } = called
  const ofRun = run === undefined ? {} : { run }
  return { kind: 'jumpcloud.called', ...ofRun, connection, operation, method, path, status, code }
}

export function sumsOf(pages: readonly Page[]): Sums {
  return {
    pages: pages.length,
    rows: pages.reduce((sum, { count }) => sum + count, 0),
    bytes: pages.reduce((sum, { byteCount }) => sum + byteCount, 0),
    sha256: pages.at(-1)?.digest ?? digestOfNone,
  }
}

function wanted({ digest, run: { job, connection, requester } }: Order) {
  return { digest, job, connection, requester }
}
