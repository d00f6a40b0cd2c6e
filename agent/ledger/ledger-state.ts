// Whether the ledger can be written, told to people and to whoever asks to be told. Finding out is the ledger's work.

import { passingTroubleOf } from '../journal/journal-error.ts'

/**
 *             it cannot be written
 *   ok ─────────────────────────────▶ full · read_only · failing
 *   ▲                                          │
 *   └──────────────────────────────────────────┘
 *        it was written to the last line
 *
 * Meanwhile writes wait at the control plane, and reads go on.
 */
export type LedgerStateName = 'ok' | ReturnType<typeof passingTroubleOf>

export type LedgerState = {
  readonly name: LedgerStateName
  /** One sentence for people: what is wrong and what to do. */
  readonly message: string
}

export type LedgerStates = {
  readonly current: LedgerState
  /** Calls back after each change. */
  onChange(listener: (state: LedgerState) => void): void
  failed(error: unknown): void
  worked(): void
}

const ok: LedgerState = { name: 'ok', message: 'the ledger is written' }

const advice: Readonly<Record<Exclude<LedgerStateName, 'ok'>, string>> = {
  full: 'there is no room; free some on its disk, or keep less of it (ledger.keepDays, ledger.keepBytes)',
  read_only: 'the agent may not write it; give its directory to the user that the agent runs as',
  failing: 'the disk or the file system fails; see the log of the host',
}

export function createLedgerStates(directory: string): LedgerStates {
  const listeners: ((state: LedgerState) => void)[] = []
  let current = ok
  const become = (next: LedgerState) => {
    if (next.name === current.name) return
    current = next
    for (const listener of listeners) listener(next)
  }
  return {
    get current() {
      return current
    },
    onChange: (listener) => void listeners.push(listener),
    failed: (error) => {
      const name = passingTroubleOf(error)
      const why = error instanceof Error ? error.message : 'it failed'
      const message = `write the ledger ${directory}: ${advice[name]} (${why}). Writes wait until it goes on by itself; reads go on.`
      become({ name, message })
    },
    worked: () => become(ok),
  }
}
