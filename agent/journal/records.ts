// What the journal keeps of a run, in the words of its user. How it lies in the file is the tables' business.

import type { Effect } from '@sallyport/protocol'

export type HeldOrder = {
  /** As it came: its SHA-256 is the run's identity. */
  readonly text: string
  /** How long it may wait. */
  readonly ttlMs: number
  /** Another replica may have done it already, or some of it. */
  readonly doubtful: boolean
  /** Of the agent that took it. */
  readonly version: string
}

export type HeldRecord = {
  readonly id: string
  /** SHA-256 of the order's text, in hex. */
  readonly digest: string
  readonly effect: Effect
  readonly attempt: number
  readonly order: HeldOrder
  /** By the wall clock, in milliseconds since 1970. */
  readonly receivedAt: number
  /** Its connection lets no write through without the customer's word, and so it had one. */
  readonly isApproved?: boolean
}

export type PageRecord = {
  /** From 0. */
  readonly seq: number
  /** JSON text of an array, as it is sent. */
  readonly rows: string
  /** Rows in it. */
  readonly count: number
}

/** How far a read had come with one page; those of all its pages together say where its handler goes on after a crash. */
export type Progress = {
  /** JSON that the runner understands: what this page took it further. */
  readonly step: unknown
  /** Of the pages so far, in a form that the runner can go on with. */
  readonly digest: string
}

export type IntentRecord = {
  readonly target: string
  /** The row of its outcome; undefined while nobody knows what became of it. */
  readonly row: unknown
}

export type RecoveredRun = HeldRecord & {
  /** In order. Of a read those that are not acknowledged; of a write all, because it may be asked for again. */
  readonly pages: readonly PageRecord[]
  /** Pages that were ever made, those that were dropped included. */
  readonly pageCount: number
  readonly rowCount: number
  /** Pages that the plane has stored, from page 0 on. */
  readonly storedCount: number
  /** One for each page that was ever made, in order; none for a write. */
  readonly progress: readonly Progress[]
  /** In the order in which they were meant. */
  readonly intents: readonly IntentRecord[]
  /** JSON, as it was given; undefined while there is none. */
  readonly answer: unknown
}

/** An id that may not stand for other bytes. */
export type UsedRecord = {
  readonly digest: string
  readonly effect: Effect
  /** When it was forgotten; of a run that is still held, when it was received. */
  readonly at: number
  readonly isHeld: boolean
  /** Of a write alone: what it answered, and its rows, for the same bytes again. */
  readonly answer: unknown
  readonly pages: readonly PageRecord[]
  readonly rowCount: number
}
