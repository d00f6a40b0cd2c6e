// A real journal whose commits wait until the test lets them be made, or refuses them. It knows nothing of who asks.

import { SallyportError } from '@sallyport/protocol'
import type { Journal } from '../../agent/journal/journal.ts'

type Verb = 'hold' | 'page' | 'intend' | 'answer'

export type Halt = {
  /** Resolves when the first commit is asked for that this holds up. */
  readonly asked: Promise<void>
  /** Makes what waits, and what is still to come. */
  release(): void
  /** Refuses them, as a journal does that cannot be written. */
  refuse(): void
}

export type HaltedJournal = {
  readonly wrap: (journal: Journal) => Journal
  /** Commits of this kind wait from now on; those of an earlier halt are that one's. */
  halt(verb: Verb): Halt
}

type Halting = { readonly arrive: () => void; readonly isRefused: Promise<boolean> }

export function createHaltedJournal(): HaltedJournal {
  const halts = new Map<Verb, Halting>()
  const halted = <Args extends readonly unknown[]>(verb: Verb, commit: (...args: Args) => Promise<void>) => {
    return async (...args: Args): Promise<void> => {
      const halt = halts.get(verb)
      halt?.arrive()
      if (await halt?.isRefused) throw new SallyportError('journal_unavailable', 'the test refuses this commit')
      await commit(...args)
    }
  }
  return {
    wrap: (journal) => ({
      ...journal,
      get state() {
        return journal.state
      },
      hold: halted('hold', journal.hold),
      page: halted('page', journal.page),
      intend: halted('intend', journal.intend),
      answer: halted('answer', journal.answer),
    }),
    halt: (verb) => {
      const { promise: asked, resolve: arrive } = Promise.withResolvers<void>()
      const { promise: isRefused, resolve: end } = Promise.withResolvers<boolean>()
      halts.set(verb, { arrive, isRefused })
      return { asked, release: () => end(false), refuse: () => end(true) }
    },
  }
}
