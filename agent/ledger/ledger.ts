// The ledger: the tamper-evident record of what was decided, done and sent, in `ledger/` of the state directory. It keeps what
// it is told; what happened is known to those who tell it.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import type { Clock } from '../ports/clock.ts'
import { type EndOfTurn, systemTurn } from '../ports/turn.ts'
import type { Head } from './chain.ts'
import type { Entry } from './entry.ts'
import { ledgerDirectory } from './ledger-paths.ts'
import { createLedgerStates, type LedgerState, type LedgerStates } from './ledger-state.ts'
import { LedgerWriter, type LedgerWriterOptions } from './ledger-writer.ts'
import type { HeadEntry } from './signed-head.ts'

export type Ledger = AsyncDisposable & {
  /** At once, in order: entries of one turn are written together, and are on the disk within a second. */
  add(entry: Entry): void
  /** Calls back with each entry, whether or not it can be written. */
  onEntry(listener: (entry: Entry) => void): void
  /** Resolves when everything that was added is on the disk; while that cannot be, it waits. */
  durable(): Promise<void>
  /** Signs the newest head, and tries to bring everything to the disk; resolves where that fails, too. */
  seal(): Promise<void>
  /** The newest line that is on the disk: what is told of it a crash cannot take back. Null before the first. */
  readonly head: Head | null
  readonly state: LedgerState
  /** Calls back after each change of `state`. */
  onChange(listener: (state: LedgerState) => void): void
  /** Calls back with each head that was signed, when a crash cannot take back what it covers. */
  onSealed(listener: (sealed: HeadEntry) => void): void
  /** Seals it. What is added later is not kept. May be called twice. */
  close(): Promise<void>
}

export type LedgerOptions = Omit<LedgerWriterOptions, 'directory' | 'clock'> & {
  readonly stateDirectory: string
  readonly clock: Clock
  /** When the entries of a turn are written. */
  readonly endOfTurn?: EndOfTurn
}

const seconds = 1000
const syncMs = 1 * seconds
const headMs = 5 * 60 * seconds

/** Mends what a crash left. Throws `configuration_invalid` where a file is none of a ledger; that it cannot be written is a state. */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const directory = ledgerDirectory(options.stateDirectory)
  const states = createLedgerStates(directory)
  states.onChange(({ name, message }) => {
    options.log[name === 'ok' ? 'info' : 'error']('ledger.state', { state: name, message })
  })
  const writer = new LedgerWriter({ ...options, directory })
  try {
    writer.write()
  } catch (error) {
    if (error instanceof SallyportError) throw error
    states.failed(error)
  }
  const ledger = new SettlingLedger(writer, states, options)
  await ledger.seal()
  return ledger
}

class SettlingLedger implements Ledger {
  readonly onChange: Ledger['onChange']
  readonly #writer: LedgerWriter
  readonly #onSealed: ((sealed: HeadEntry) => void)[] = []
  readonly #onEntry: ((entry: Entry) => void)[] = []
  readonly #states: LedgerStates
  readonly #clock: Clock
  readonly #endOfTurn: EndOfTurn
  #waiters: (() => void)[] = []
  #head: Head | null = null
  #sealed: HeadEntry | undefined
  #isScheduled = false
  #isClosed = false
  #settling: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #callOffSync: (() => void) | undefined
  #callOffHead: (() => void) | undefined

  constructor(
    writer: LedgerWriter,
    states: LedgerStates,
    { clock, endOfTurn = systemTurn }: Pick<LedgerOptions, 'clock' | 'endOfTurn'>,
  ) {
    this.#writer = writer
    this.#states = states
    this.#clock = clock
    this.#endOfTurn = endOfTurn
    this.onChange = states.onChange
  }

  get head(): Head | null {
    return this.#head
  }

  get state(): LedgerState {
    return this.#states.current
  }

  add(entry: Entry): void {
    if (this.#isClosed) return
    this.#writer.add(entry)
    for (const listener of this.#onEntry) listener(entry)
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#endOfTurn(() => {
      this.#isScheduled = false
      this.#write()
    })
  }

  durable(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiters.push(resolve)
    this.#endOfTurn(() => void this.#settle())
    return promise
  }

  async seal(): Promise<void> {
    this.#callOffHead?.()
    this.#callOffHead = undefined
    this.#attempt(() => this.#writer.sign())
    // A round that is under way may have begun before this line.
    await this.#settling
    await this.#settle()
    const { signed } = this.#writer
    if (signed === undefined || signed === this.#sealed || signed.head.seq > (this.#head?.seq ?? 0)) return
    this.#sealed = signed
    for (const listener of this.#onSealed) listener(signed)
  }

  onEntry(listener: (entry: Entry) => void): void {
    this.#onEntry.push(listener)
  }

  onSealed(listener: (sealed: HeadEntry) => void): void {
    this.#onSealed.push(listener)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await this.seal()
    this.#isClosed = true
    this.#callOffSync?.()
    this.#callOffHead?.()
    this.#writer.close()
  }

  /** Trouble that lasts is met again each second, and not at each turn. */
  #write(): void {
    if (this.#isClosed) return
    if (this.state.name === 'ok') this.#attempt(() => this.#writer.write())
    this.#settleSoon()
  }

  /** A round that is under way then, on a slow disk, may have begun before what was written since. */
  #settleSoon(): void {
    this.#callOffSync ??= this.#clock.after(syncMs, async () => {
      this.#callOffSync = undefined
      await this.#settling
      await this.#settle()
    })
  }

  #attempt(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#states.failed(error)
    }
  }

  /** One at a time; whoever comes meanwhile is served by the next round. */
  #settle(): Promise<void> {
    this.#settling ??= this.#rounds().finally(() => {
      this.#settling = undefined
    })
    return this.#settling
  }

  async #rounds(): Promise<void> {
    if (this.#isClosed) return
    this.#callOffSync?.()
    this.#callOffSync = undefined
    do {
      const served = this.#waiters
      this.#waiters = []
      try {
        const reached = await this.#writer.sync()
        if (reached.seq > 0) this.#head = reached
      } catch (error) {
        this.#waiters.unshift(...served)
        this.#settleSoon()
        return this.#states.failed(error)
      }
      this.#states.worked()
      for (const resolve of served) resolve()
    } while (this.#waiters.length > 0)
    if (this.#writer.isUnsigned) this.#callOffHead ??= this.#clock.after(headMs, () => void this.seal())
  }
}
