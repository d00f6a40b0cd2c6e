// The journal's file while it is in use: the queue of what is asked of it, one commit for each turn of the event loop, and
// opening it again after whatever happened to it. It knows nothing of runs.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import type { EndOfTurn } from '../ports/turn.ts'
import { commitTogether, readConsistently, troubleWithRoom } from './commit.ts'
import { JournalCorruptError, journalError, passingTroubleOf, troubleOf } from './journal-error.ts'
import { closeJournalFile, type JournalFile } from './journal-file.ts'
import type { JournalPaths } from './journal-paths.ts'
import type { JournalStates } from './journal-state.ts'
import { finishSettingAside, readLostMark, setAside } from './lost-journal.ts'

export type JournalStoreOptions = {
  readonly open: () => JournalFile
  /** Keeps how often the file was used, before what is then in it is relied on. */
  readonly counted: (useCount: number) => Promise<void>
  readonly paths: JournalPaths
  readonly states: JournalStates
  readonly clock: Clock
  readonly endOfTurn: EndOfTurn
  readonly log: Log
}

export type JournalStore = {
  /** Opens the file. Rejects where it may not be used at all; any other trouble is a state, and is tried again. */
  start(): Promise<void>
  /** Resolves after the commit. The change may be called twice, where the first try was undone. */
  write(change: (file: JournalFile) => void, pace?: Pace): Promise<void>
  /** Sees the writes that were asked for before it. */
  read<Result>(read: (file: JournalFile) => Result): Promise<Result>
  /** Undefined where the file cannot be read now. It does not see the writes that are not committed. */
  peek<Result>(read: (file: JournalFile) => Result): Result | undefined
  /** Looks now whether a trouble has passed, or a person has said `resume`. */
  look(): Promise<void>
  close(): Promise<void>
}

/** `later`: with the next that is asked for now, or after a while; a sync to disk costs more than all the rest. */
export type Pace = 'now' | 'later'

type Write = { readonly change: (file: JournalFile) => void; readonly settle: (error: unknown) => void }

/** The longest wait of what is to be written later. */
const laterMs = 200
/** How often it looks while something is wrong. */
const lookMs = 1000

export function createJournalStore(options: JournalStoreOptions): JournalStore {
  const { open, counted, paths, states, clock, endOfTurn, log } = options
  const stop = new AbortController()
  /** In use, and perhaps not counted yet. */
  let opened: JournalFile | undefined
  let file: JournalFile | undefined
  let writes: Write[] = []
  let reads: (() => Promise<void>)[] = []
  let last: Promise<unknown> = Promise.resolve()
  let isWatching = false
  let isScheduled = false
  let isWaiting = false

  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }

  const putAside = async (error: unknown) => {
    if (opened?.handle.isOpen) opened.handle.close()
    opened = undefined
    file = undefined
    const mark = await setAside(paths, error instanceof Error ? error.message : 'damaged', clock.now())
    log.error('journal.lost', { aside: mark.aside, error })
  }

  const ready = async (): Promise<JournalFile> => {
    if (file) return file
    const left = await readLostMark(paths)
    if (left !== undefined) await finishSettingAside(paths, left)
    opened ??= await openOrPutAside()
    await counted(opened.useCount)
    const mark = await readLostMark(paths)
    file = opened
    states.marked(mark)
    return file
  }

  const openOrPutAside = async (): Promise<JournalFile> => {
    try {
      return open()
    } catch (error) {
      if (troubleOf(error) !== 'corrupt') throw error
      await putAside(error)
      return open()
    }
  }

  /** Reacts to an error of the file; returns what the asker is told. Other errors are the asker's alone. */
  const note = async (error: unknown): Promise<unknown> => {
    const trouble = troubleOf(error)
    if (trouble === 'corrupt') {
      // At once: without its mark, which a person may take away, a file that is not there would be another loss.
      await putAside(error)
        .then(ready)
        .catch((next) => states.failed(passingTroubleOf(next), next))
    } else if (trouble !== undefined) states.failed(trouble, error)
    return journalError(error, paths.database)
  }

  const probe = async (into: JournalFile) => {
    const error = troubleWithRoom(into.handle)
    if (error === undefined) states.worked()
    else await note(error)
  }
  const isTroubled = () => states.current.name !== 'ok' && states.current.name !== 'lost'

  const commit = async (batch: readonly Write[]) => {
    const into = await ready()
    const changes = batch.map(({ change }) => change.bind(undefined, into))
    const settled = commitTogether(into.handle, changes)
    const broken = settled.map(({ error }) => error).filter((error) => troubleOf(error) !== undefined)
    if (!into.isInPlace()) broken.push(new JournalCorruptError('it was removed or replaced while it was in use'))
    const [worst] = broken.toSorted((one, other) => Number(isCorrupt(other)) - Number(isCorrupt(one)))
    if (worst !== undefined) await note(worst)
    else if (isTroubled()) await probe(into)
    for (const [index, { settle }] of batch.entries()) {
      // With a damaged file goes what was just committed to it.
      const error = isCorrupt(worst) ? worst : settled[index]?.error
      settle(journalError(error, paths.database))
    }
  }

  const flush = async () => {
    const [batch, asked] = [writes, reads]
    writes = []
    reads = []
    try {
      if (batch.length > 0) await commit(batch)
    } catch (error) {
      const told = await note(error)
      for (const { settle } of batch) settle(told)
    }
    for (const read of asked) await read()
  }

  const schedule = () => {
    if (stop.signal.aborted)
      throw new SallyportError('journal_unavailable', 'the journal is closed: the agent is stopping')
    if (isScheduled) return
    isScheduled = true
    endOfTurn(() => {
      isScheduled = false
      void inTurn(flush)
    })
  }

  const scheduleLater = () => {
    if (isScheduled || isWaiting) return
    isWaiting = true
    const whenOver = () => {
      isWaiting = false
      if (writes.length > 0 && !stop.signal.aborted) schedule()
    }
    clock.sleep(laterMs, stop.signal).then(whenOver, () => {})
  }

  const look = async () => {
    try {
      if (isTroubled()) await probe(await ready())
      if (states.mark !== undefined) states.marked(await readLostMark(paths))
    } catch (error) {
      await note(error)
    }
  }

  const watch = async () => {
    if (isWatching) return
    isWatching = true
    while (states.current.name !== 'ok' && !stop.signal.aborted) {
      await clock.sleep(lookMs, stop.signal).catch(() => {})
      if (!stop.signal.aborted) await inTurn(look)
    }
    isWatching = false
  }
  states.onChange(() => void watch())

  return {
    start: () =>
      inTurn(async () => {
        const told = await ready().then(() => undefined, note)
        if (told !== undefined && !isTroubled()) throw told
      }),

    write: async (change, pace = 'now') => {
      if (pace === 'now' || stop.signal.aborted) schedule()
      else scheduleLater()
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      writes.push({ change, settle: (error) => (error === undefined ? resolve() : reject(error)) })
      await promise
    },

    read: async <Result>(read: (file: JournalFile) => Result) => {
      schedule()
      const { promise, resolve, reject } = Promise.withResolvers<Result>()
      const answer = async () => {
        const from = await ready()
        resolve(readConsistently(from.handle, () => read(from)))
      }
      // A damaged file has been replaced after the first try, and the new one can be read.
      const again = async (error: unknown) => {
        const told = await note(error)
        if (!isCorrupt(error)) throw told
        await answer()
      }
      reads.push(() => answer().catch(again).catch(reject))
      return promise
    },

    peek: (read) => {
      try {
        return file?.handle.isOpen ? read(file) : undefined
      } catch {
        return undefined
      }
    },

    look: () => inTurn(look),

    close: async () => {
      stop.abort(new Error('the journal is closed'))
      await inTurn(flush)
      if (!opened?.handle.isOpen) return
      try {
        // Where counting fails, the journal is ahead by one.
        await counted(closeJournalFile(opened)).catch(() => {})
      } catch (error) {
        log.warn('journal.not_put_down', { message: 'the next start goes on as after a crash', error })
      }
    },
  }
}

function isCorrupt(error: unknown): boolean {
  return troubleOf(error) === 'corrupt'
}
