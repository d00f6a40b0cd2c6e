// Whether the journal can be written, told to people and to whoever asks to be told. Finding out is the store's work.

import { sentenceOf, type Trouble } from './journal-error.ts'
import type { JournalPaths } from './journal-paths.ts'
import type { LostMark } from './lost-journal.ts'

/**
 *            a write fails
 *   ok ───────────────────────▶ full · read_only · failing
 *   ▲ ◀───────────────────────        │            ▲
 *   │         a write works           │ works,     │ fails
 *   │                                 ▼ and marked │
 *   └──────────────────────────────── lost ────────┘
 *     a person resumes it             ▲
 *                                     └── from any: the file was damaged, and set aside
 */
export type JournalStateName = 'ok' | 'lost' | Exclude<Trouble, 'corrupt'>

export type JournalState = {
  readonly name: JournalStateName
  /** One sentence for people: what is wrong and what to do. */
  readonly message: string
}

export type JournalStates = {
  readonly current: JournalState
  /** Of a journal that was lost, also while there is another trouble. */
  readonly mark: LostMark | undefined
  /** Calls back after each change, and after another loss; returns how to end that. */
  onChange(listener: (state: JournalState) => void): () => void
  failed(trouble: Exclude<Trouble, 'corrupt'>, error: unknown): void
  worked(): void
  marked(mark: LostMark | undefined): void
}

const ok: JournalState = { name: 'ok', message: 'the journal is written' }

export function createJournalStates({ database }: JournalPaths): JournalStates {
  const listeners = new Set<(state: JournalState) => void>()
  let trouble: JournalState | undefined
  let mark: LostMark | undefined
  let current = ok

  const change = (isAnotherLoss = false) => {
    const next = trouble ?? (mark === undefined ? ok : lost(mark, database))
    if (next.name === current.name && !(isAnotherLoss && next.name === 'lost')) return
    current = next
    for (const listener of [...listeners]) listener(next)
  }

  return {
    get current() {
      return current
    },
    get mark() {
      return mark
    },
    onChange: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    failed: (name, error) => {
      trouble = { name, message: sentenceOf(name, database, error) }
      change()
    },
    worked: () => {
      trouble = undefined
      change()
    },
    marked: (next) => {
      const isAnotherLoss = next !== undefined && mark !== undefined && next.aside !== mark.aside
      mark = next
      change(isAnotherLoss)
    },
  }
}

function lost({ aside, isKept, at, why }: LostMark, database: string): JournalState {
  const since = new Date(at).toISOString()
  return {
    name: 'lost',
    message: `read the journal ${database}: it was lost at ${since} (${why}), and begun anew${isKept ? `; the damaged file is kept as ${aside}` : ''}. What its unfinished writes became is unknown: look at them in JumpCloud, then run "sallyport resume". Reads go on.`,
  }
}
