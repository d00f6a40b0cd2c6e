// The journal: what survives a crash of what this replica does. It keeps and gives back; what a run does next is decided by
// the runs.

import type { IdentityFile } from '../identity/identity.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import { type EndOfTurn, systemTurn } from '../ports/turn.ts'
import type { CountedChange } from './counted-changes.ts'
import { openJournalFile } from './journal-file.ts'
import type { JournalKey } from './journal-key.ts'
import { journalPaths } from './journal-paths.ts'
import { createJournalStates, type JournalState } from './journal-state.ts'
import { createJournalStore, type JournalStore, type Pace } from './journal-store.ts'
import { resumeJournal } from './lost-journal.ts'
import type { Migration } from './migrate.ts'
import type { HeldRecord, PageRecord, Progress, RecoveredRun, UsedRecord } from './records.ts'
import { markText } from './run-reads.ts'
import { migrations } from './schema.ts'
import { createSeal, type Seal } from './seal.ts'
import { readUseCount } from './use-count.ts'
import { type UsedLimits, usedLimits } from './used-ids.ts'

/**
 * A promise that resolved is durable; what is asked for in one turn of the event loop is committed together, in order. What
 * may be written later (`pace`) goes with the next that may not, or after 200 ms. A write
 * rejects with `journal_unavailable` while the file cannot be written, and then nothing of it is kept.
 */
export type Journal = AsyncDisposable & {
  /** Rejects with `run_conflict` for an id that is held, stands for other bytes, or belongs to a write that was answered. */
  hold(run: HeldRecord): Promise<void>
  /** The run goes on under the number of another attempt, and what is said beside its text may be another. */
  become(run: Pick<HeldRecord, 'id' | 'attempt' | 'order'>, pace?: Pace): Promise<void>
  /** Adds the page of a read that is due, and how far it has come with it, in one step. */
  page(id: string, page: PageRecord, progress: Progress): Promise<void>
  /** The plane has pages up to and with `seq`: those of a read are dropped. */
  stored(id: string, seq: number, pace?: Pace): Promise<void>
  /** Before a change of `target` is sent. May be said again until it is settled. */
  intend(id: string, target: string): Promise<void>
  /** After it: the row of its outcome, as JSON. */
  settle(id: string, target: string, row: unknown): Promise<void>
  /** JSON; a later one takes the place of an earlier one. A write has its pages from the same step. */
  answer(id: string, answer: unknown, pages?: readonly PageRecord[]): Promise<void>
  /** Leaves the used id alone; of a write that was answered, the answer and the pages too. Nothing for an unknown id. */
  forget(id: string, pace?: Pace): Promise<void>
  /** At once, of what is committed: an id that may not stand for other bytes. Undefined too where the file cannot be read. */
  used(id: string): UsedRecord | undefined
  /** Every held run, by the time it was received. */
  recover(): Promise<readonly RecoveredRun[]>
  /** Counts changes of members before they are sent, and drops what is older than `before`. */
  count(changes: readonly CountedChange[], before: number): Promise<void>
  /** The run has ended, and sent so many at most. */
  lowerCount(run: string, count: number): Promise<void>
  /** In the order in which they were counted. */
  counted(): Promise<readonly CountedChange[]>
  readonly state: JournalState
  /** Of the file: another one has another. Undefined while it cannot be read. */
  readonly id: string | undefined
  /** Calls back after each change of `state`; returns how to end that. */
  onChange(listener: (state: JournalState) => void): () => void
  /** A person has taken note that a journal was lost. */
  resume(): Promise<void>
  /** Commits what was asked for, and closes the file. May be called twice. */
  close(): Promise<void>
}

export type JournalOptions = {
  readonly stateDirectory: string
  readonly key: JournalKey
  readonly clock: Clock
  readonly random: Pick<Random, 'bytes'>
  readonly log: Log
  /** When a turn's writes are committed. */
  readonly endOfTurn?: EndOfTurn
  /**
   * Where it is kept, apart from the journal, how often that was used: one that is gone, or that was put back from an older
   * copy, is a loss. Default: nowhere.
   */
  readonly identityFile?: Pick<IdentityFile, 'journalUseCount' | 'keepJournalUseCount'>
  readonly usedLimits?: UsedLimits
  readonly migrations?: readonly Migration[]
}

/**
 * Opens `journal.db`, or makes it. A file that is damaged is set aside, and the state is then `lost`; one that cannot be
 * written now gives another state, and is tried again. Throws `configuration_invalid` for a wrong key, and for a file of a
 * release that is more than one ahead, and as `IdentityFile.read` does.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { stateDirectory, key, clock, random, log } = options
  const { DatabaseSync } = await import('node:sqlite')
  const paths = journalPaths(stateDirectory)
  const seal = createSeal(key.bytes, random)
  const states = createJournalStates(paths)
  const limits = options.usedLimits ?? usedLimits
  const file = { DatabaseSync, paths, key, seal, usedLimits: limits, migrations: options.migrations ?? migrations }
  const uses = await readUseCount(options.identityFile)
  const store = createJournalStore({
    ...{ paths, states, clock, log },
    open: () => openJournalFile({ ...file, random, knownUseCount: uses.known }),
    counted: uses.keep,
    endOfTurn: options.endOfTurn ?? systemTurn,
  })
  await store.start()
  return {
    ...runChanges(store, seal),
    count: (changes, before) =>
      store.write(({ countedChanges }) => {
        countedChanges.drop(before)
        for (const change of changes) countedChanges.add(change)
      }),
    lowerCount: (run, count) => store.write(({ countedChanges }) => countedChanges.lower(run, count)),
    counted: () => store.read(({ countedChanges }) => countedChanges.all()),
    forget: createForget(store, { clock, log, limits }),
    used: (id) => store.peek(({ reads }) => reads.used(id)),
    recover: () => store.read(({ reads }) => reads.held()),
    get state() {
      return states.current
    },
    get id() {
      return store.peek(({ id }) => id)
    },
    onChange: states.onChange,
    resume: async () => {
      await resumeJournal(stateDirectory)
      await store.look()
    },
    close: store.close,
    [Symbol.asyncDispose]: store.close,
  }
}

type Changes = Pick<Journal, 'hold' | 'become' | 'page' | 'stored' | 'intend' | 'settle' | 'answer'>

function runChanges(store: JournalStore, seal: Seal): Changes {
  const intent = (id: string, target: string) => {
    const mark = seal.mark(id, target)
    return { mark, seq: markText(mark) }
  }
  const sealOrder = (run: string, order: HeldRecord['order']) =>
    seal.close({ run, kind: 'order' }, JSON.stringify(order))
  const sealedPage = (id: string, { seq, rows, count: rowCount }: PageRecord) => {
    return { id, seq, rowCount, sealedRows: seal.close({ run: id, kind: 'rows', seq }, rows) }
  }
  return {
    hold: async ({ order, ...run }) => {
      const sealedOrder = sealOrder(run.id, order)
      const { id, digest, effect, attempt, receivedAt, isApproved } = run
      const values = { id, digest, effect, attempt, receivedAt, sealedOrder, approved: isApproved ? 1 : 0 }
      await store.write(({ writes }) => writes.hold(values))
    },
    become: async ({ id, attempt, order }, pace) => {
      const sealedOrder = sealOrder(id, order)
      await store.write(({ writes }) => writes.become({ id, attempt, sealedOrder }), pace)
    },
    page: async (id, page, { step, digest }) => {
      const { seq } = page
      const sealed = sealedPage(id, page)
      const sealedProgress = seal.close({ run: id, kind: 'progress', seq }, JSON.stringify({ step, digest }))
      await store.write(({ writes }) => {
        writes.page(sealed)
        writes.progress({ id, seq, sealedProgress })
      })
    },
    stored: (id, seq, pace) => store.write(({ writes }) => writes.stored({ id, seq }), pace),
    intend: async (id, target) => {
      const { mark, seq } = intent(id, target)
      const sealedTarget = seal.close({ run: id, kind: 'target', seq }, target)
      await store.write(({ writes }) => writes.intend({ id, mark, sealedTarget }))
    },
    settle: async (id, target, row) => {
      const { mark, seq } = intent(id, target)
      const sealedRow = seal.close({ run: id, kind: 'row', seq }, JSON.stringify(row))
      await store.write(({ writes }) => writes.settle({ id, mark, sealedRow }))
    },
    answer: async (id, answer, pages = []) => {
      const sealedAnswer = seal.close({ run: id, kind: 'answer' }, JSON.stringify(answer))
      const sealed = pages.map((page) => sealedPage(id, page))
      await store.write(({ writes }) => {
        for (const page of sealed) writes.page(page)
        writes.answer({ id, sealedAnswer })
      })
    },
  }
}

type Forgetting = { readonly clock: Clock; readonly log: Log; readonly limits: UsedLimits }

const pruneMs = 60 * 60 * 1000

/** Used ids are pruned on the way: every hour, and whenever a thousandth of what may be kept was added. */
function createForget(store: JournalStore, { clock, log, limits }: Forgetting): Journal['forget'] {
  let prunedAt = Number.NEGATIVE_INFINITY
  let addedCount = 0
  return async (id, pace) => {
    addedCount += 1
    const isDue = clock.monotonic() - prunedAt >= pruneMs || addedCount >= limits.count / 1000
    let droppedCount = 0
    await store.write(({ writes, usedIds }) => {
      writes.forget({ id, at: clock.now() })
      droppedCount = isDue ? usedIds.prune(clock.now()) : 0
    }, pace)
    if (isDue) {
      prunedAt = clock.monotonic()
      addedCount = 0
    }
    if (droppedCount === 0) return
    const message = 'more ids of past runs than the journal keeps: the same bytes under a dropped id would be done anew'
    log.warn('journal.used_ids_dropped', { droppedCount, keptCount: limits.count, message })
  }
}
