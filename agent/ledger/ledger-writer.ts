// What the ledger does to its files: lines and signed heads are appended, files begun and removed. It throws what the system
// throws; when it is called, and what follows from an error, is the ledger's business.

import { rmSync } from 'node:fs'
import type { Identity } from '../identity/identity.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import type { LeakGuard } from '../vault/leak-guard.ts'
import type { Head } from './chain.ts'
import { createCompose } from './compose.ts'
import type { Entry } from './entry.ts'
import { type LedgerChain, type LedgerLimits, openLedgerChain } from './ledger-chain.ts'
import { findExpired, type Retention } from './retention.ts'
import { createSignHead, type HeadEntry, type SignHead } from './signed-head.ts'
import { syncDirectory } from './sync-directory.ts'
import { createWaitingEntries, type WaitingEntries } from './waiting-entries.ts'

export type LedgerSettings = LedgerLimits & Retention

export type LedgerWriterOptions = {
  readonly directory: string
  readonly identity: Pick<Identity, 'agent' | 'replica' | 'key'>
  readonly settings: LedgerSettings
  readonly guard: Pick<LeakGuard, 'contains'>
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

/** Lines without a signed head among them, at most. */
const headLines = 10_000

export class LedgerWriter {
  readonly #options: LedgerWriterOptions
  readonly #waiting: WaitingEntries = createWaitingEntries()
  readonly #signHead: SignHead
  #chain: LedgerChain | undefined
  /** The line that holds the newest signature. */
  #signedSeq = 0
  #signed: HeadEntry | undefined
  #shallPrune = true

  constructor(options: LedgerWriterOptions) {
    this.#options = options
    this.#signHead = createSignHead(options.identity)
  }

  /** The newest signature of this process. */
  get signed(): HeadEntry | undefined {
    return this.#signed
  }

  /** There are lines that no signature covers. */
  get isUnsigned(): boolean {
    return this.#chain !== undefined && this.#chain.head.seq > this.#signedSeq
  }

  /** Waits to be written. */
  add(entry: Entry): void {
    this.#waiting.add(entry, this.#options.clock.now())
  }

  /** Everything that waits, onto the file. Throws `configuration_invalid` too, where the file is none of a ledger. */
  write(): void {
    const chain = this.#open()
    chain.write()
    chain.compose(this.#waiting.take())
    if (chain.head.seq - this.#signedSeq >= headLines) this.#sign(chain)
    chain.write()
  }

  /** A signed head of all that was written, unless there is one. */
  sign(): void {
    this.write()
    if (this.#chain === undefined || !this.isUnsigned) return
    this.#sign(this.#chain)
    this.#chain.write()
  }

  /** All that was added before is on the disk when it resolves with the newest line. One at a time. */
  async sync(): Promise<Head> {
    this.write()
    const chain = this.#open()
    const reached = chain.head
    await chain.sync()
    this.#rotate(chain)
    if (this.#shallPrune) await this.#prune(chain)
    return reached
  }

  close(): void {
    this.#chain?.close()
  }

  #open(): LedgerChain {
    if (this.#chain !== undefined) return this.#chain
    const { directory, guard, settings: limits, clock } = this.#options
    const compose = createCompose(guard)
    const { chain, said } = openLedgerChain({ directory, compose, limits, now: clock.now() })
    this.#chain = chain
    this.#compose(chain, ...said)
    return chain
  }

  #compose(chain: LedgerChain, ...entries: readonly Entry[]): void {
    const at = this.#options.clock.now()
    chain.compose(entries.map((entry) => ({ entry, at })))
  }

  #sign(chain: LedgerChain): void {
    const entry = this.#signHead(chain.head)
    const { signature, kid } = entry
    this.#options.log.info('ledger.head', { ...chain.head, kid, signature })
    this.#compose(chain, entry)
    this.#signedSeq = chain.head.seq
    this.#signed = entry
  }

  #rotate(chain: LedgerChain): void {
    const former = chain.fileName
    const turn = chain.rotate(this.#options.clock.now())
    if (turn === 'stayed') return
    this.#shallPrune = true
    if (turn === 'began') return
    const message =
      'the file was removed, replaced or cut while it was written; what was in it is missing from now on, and "sallyport ledger verify" says so'
    this.#options.log.error('ledger.displaced', { file: former, message })
    this.#compose(chain, { kind: 'ledger.displaced', file: former })
    chain.write()
  }

  /** What is removed is said before, durably. */
  async #prune(chain: LedgerChain): Promise<void> {
    const { directory, settings, clock, log } = this.#options
    const expired = findExpired(directory, settings, clock.now())
    if (expired.length > 0) {
      this.#compose(chain, ...expired.map(({ file, through }) => pruned(file.name, through)))
      chain.write()
      await chain.sync()
      for (const { file } of expired) rmSync(file.path)
      syncDirectory(directory)
      const files = expired.map(({ file }) => file.name)
      if (expired.some(({ isEarly }) => isEarly)) log.warn('ledger.pruned', { files, message: grewTooFast })
      else log.info('ledger.pruned', { files })
    }
    this.#shallPrune = false
  }
}

/** Who wants to have something forgotten need only ask for very much. */
const grewTooFast =
  'the ledger is larger than keepBytes, and what went is not as old as keepDays; look at who asks for so much, and export the ledger before more of it goes'

function pruned(file: string, through: Head): Entry {
  return { kind: 'ledger.pruned', file, through }
}
