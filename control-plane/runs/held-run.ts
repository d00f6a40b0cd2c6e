// A run that some replica has, in memory: what came of it so far, and which session it is on. The truth is in the store.

import type { JobContract } from '@sallyport/protocol'
import type { Seat } from './roster.ts'
import type { Run } from './run.ts'
import type { Absence } from './takeover.ts'
import { createTally, type Tally } from './tally.ts'

type Place = { readonly seat: Seat } | { readonly seat: undefined; readonly lostAt: number }

/**
 * Who has it. A seat that is lost before it was sent anything is no reason to wait: the run is given up at once.
 *
 *   seated ──sentIn──▶ sent ──lose──▶ lost ◀── found after a restart
 *                        ▲              │
 *                        └───reseat─────┘
 *
 * Whether what is said of it counts. `ended`: the answer is there. `given up`: nobody has the attempt any more. Either way the
 * store may not know yet; where it fails, an answer counts anew when the replica is back, and giving up is tried again.
 *
 *   open ──end──▶ ended
 *    │ ▲            │ │
 *    │ └──distrust──┘ │
 *    └─────giveUp─────┴──▶ given up
 */
export class HeldRun {
  /** As it was when the attempt was sent. */
  readonly run: Run
  readonly contract: JobContract
  #place: Place
  #stage: 'open' | 'ended' | 'given up' = 'open'
  #stored: Promise<unknown> = Promise.resolve()
  #tally: Tally | undefined
  #sent: boolean
  #batch: string | undefined
  #sentAt: number
  #heardAt: number
  /** Since its replica came back last. */
  #heardSince = true
  #absence: Absence = 'away'
  #cancelAsked: boolean

  private constructor(run: Run, contract: JobContract, place: Place, at: number) {
    this.run = run
    this.contract = contract
    this.#place = place
    this.#sent = place.seat === undefined
    this.#sentAt = at
    this.#heardAt = at
    this.#tally = place.seat && createTally(contract)
    // A cancel may have come in while the run was given back.
    this.#cancelAsked = run.cancelAskedAt !== null
  }

  /** The run as it goes to the seat: one attempt further. */
  static next(run: Run, contract: JobContract, { seat, at }: { readonly seat: Seat; readonly at: number }): HeldRun {
    const { replica, journalId: journal } = seat.session
    const next: Run = { ...run, state: 'sent', attempt: run.attempt + 1, replica, journal }
    return new HeldRun(next, contract, { seat }, at)
  }

  /** A run that was sent by an earlier process, nobody knows when, and whose replica has not come back yet. */
  static found(run: Run, contract: JobContract, lostAt: number): HeldRun {
    return new HeldRun(run, contract, { seat: undefined, lostAt }, lostAt)
  }

  /** Undefined while the session is lost. */
  get seat(): Seat | undefined {
    return this.#place.seat
  }

  /** Since when it is lost, by the clock that only goes forward. */
  get lostAt(): number | undefined {
    return this.#place.seat === undefined ? this.#place.lostAt : undefined
  }

  /** Whether anybody may still answer, once the session is gone. */
  get absence(): Absence {
    return this.#absence
  }

  /** When its batch was handed to a socket, by the same clock; where that was an earlier process, when it was found. */
  get sentAt(): number {
    return this.#sentAt
  }

  /**
   * When something of it last moved: it was sent, its replica said something new of it, or came back with it. To come back again
   * and again without a new word in between is no life, and to say again what was said is none either.
   */
  get heardAt(): number {
    return this.#heardAt
  }

  /** Undefined where the store knows more than this process: after a restart, or a write to the store that failed. */
  get tally(): Tally | undefined {
    return this.#tally
  }

  /** Its batch was handed to a socket, on this seat or before: from then on a write may have happened. */
  get sent(): boolean {
    return this.#sent
  }

  /** The one that it was sent in, on this seat. */
  get batch(): string | undefined {
    return this.#batch
  }

  get cancelAsked(): boolean {
    return this.#cancelAsked
  }

  /** Resolves when its end is stored, or could not be: then it may be open again. */
  get stored(): Promise<unknown> {
    return this.#stored
  }

  /** Nothing more counts. */
  get ended(): boolean {
    return this.#stage !== 'open'
  }

  get givenUp(): boolean {
    return this.#stage === 'given up'
  }

  sentIn(batch: string, at: number): void {
    this.#sent = true
    this.#batch = batch
    this.#sentAt = at
    this.hear(at)
  }

  hear(at: number): void {
    this.#heardAt = at
    this.#heardSince = true
  }

  /**
   * What was learned is not unlearned until a replica has it again: what was handed back stays unstarted when its session is
   * lost too, and of what a replica was told to abandon it proves nothing later that it does not name it.
   */
  miss(absence: Absence): void {
    if (this.#absence === 'away') this.#absence = absence
  }

  lose(lostAt: number): void {
    this.#place = { seat: undefined, lostAt }
  }

  /** Its replica is back and still has it; the tally is of what is stored. */
  reseat({ seat, tally, at }: { readonly seat: Seat; readonly tally: Tally; readonly at: number }): void {
    if (this.seat !== undefined || this.ended)
      throw new Error(`run ${this.run.id}: only what is lost and open is reseated`)
    this.#place = { seat }
    this.#absence = 'away'
    this.#batch = undefined
    this.#tally = tally
    if (this.#heardSince) this.#heardAt = at
    this.#heardSince = false
  }

  askCancel(): void {
    this.#cancelAsked = true
  }

  /** `stored`: while the store is at it. */
  end(stored: Promise<unknown> = Promise.resolve()): void {
    if (this.#stage === 'open') this.#stage = 'ended'
    this.#stored = stored.catch(() => {})
  }

  giveUp(): void {
    this.#stage = 'given up'
  }

  /** The store failed, and what of the attempt it has nobody here knows. */
  distrust(): void {
    this.#tally = undefined
    if (this.#stage === 'ended') this.#stage = 'open'
  }
}
