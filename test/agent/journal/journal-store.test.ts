import { mkdir, rmdir } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { type JournalFile, openJournalFile } from '../../../agent/journal/journal-file.ts'
import { createJournalStates } from '../../../agent/journal/journal-state.ts'
import { createJournalStore } from '../../../agent/journal/journal-store.ts'
import { systemTurn } from '../../../agent/ports/turn.ts'
import { createJournalDirectory, fileOptions, nextState, runNamed } from './open-test-journal.ts'

const unavailable = { code: 'journal_unavailable', retry: true, fault: 'customer' }

test('a full disk is a state, told to whoever asks, and over by itself when there is room', async () => {
  await using directory = await createJournalDirectory()
  await using story = await openStore(directory)
  const heard: string[] = []
  story.states.onChange(({ name }) => heard.push(name))
  story.file().handle.exec('PRAGMA max_page_count = 12')

  await expect(story.hold('one', 300_000)).rejects.toMatchObject(unavailable)

  expect(story.states.current.name).toBe('full')
  expect(story.states.current.message).toMatch(/use the journal .*journal\.db: there is no room; free some/)
  story.file().handle.exec('PRAGMA max_page_count = 100000')
  await directory.clock.asleep(1000)
  const changed = nextState(story.states)
  await directory.clock.advance(1000)
  await changed
  expect(heard).toEqual(['full', 'ok'])
  await story.hold('one', 300_000)
})

test('what fits on a full disk is kept, of the same turn too, and the state stays until a page would fit', async () => {
  await using directory = await createJournalDirectory()
  await using story = await openStore(directory)
  story.file().handle.exec('PRAGMA max_page_count = 14')

  const settled = await Promise.allSettled([story.hold('a', 10), story.hold('b', 300_000), story.hold('c', 10)])

  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  await story.hold('d', 10)
  expect(story.states.current.name).toBe('full')
  expect(await story.ids()).toEqual(['a', 'c', 'd'])
})

test('a write that works ends a trouble at once', async () => {
  await using directory = await createJournalDirectory()
  await using story = await openStore(directory)
  story.file().handle.exec('PRAGMA max_page_count = 12')
  await expect(story.hold('one', 300_000)).rejects.toMatchObject(unavailable)
  story.file().handle.exec('PRAGMA max_page_count = 100000')

  await story.hold('one', 300_000)

  expect(story.states.current.name).toBe('ok')
})

test('a file that may not be written is a state, and what it holds can still be read', async () => {
  await using directory = await createJournalDirectory()
  await using story = await openStore(directory)
  await story.hold('one', 10)
  story.file().handle.exec('PRAGMA query_only = 1')

  await expect(story.hold('two', 10)).rejects.toMatchObject(unavailable)

  expect(story.states.current).toMatchObject({ name: 'read_only' })
  expect(story.states.current.message).toContain('the agent may not write it')
  expect(await story.ids()).toEqual(['one'])
  story.file().handle.exec('PRAGMA query_only = 0')
  await story.hold('two', 10)
  expect(story.states.current.name).toBe('ok')
})

test('a file that does not open at the start is tried again until it does', async () => {
  await using directory = await createJournalDirectory()
  await mkdir(directory.database)

  await using journal = await directory.open()

  expect(journal.state.name).toBe('failing')
  await expect(journal.hold(runNamed('one'))).rejects.toMatchObject(unavailable)
  await expect(journal.recover()).rejects.toMatchObject(unavailable)
  await rmdir(directory.database)
  await directory.clock.asleep(1000)
  const changed = nextState(journal)
  await directory.clock.advance(1000)
  expect((await changed).name).toBe('ok')
  await journal.hold(runNamed('one'))
})

test('what may wait goes with the next write in its order, after a while by itself, and at the latest when it is closed', async () => {
  await using directory = await createJournalDirectory()
  await using journal = await directory.open()
  using other = directory.connect()
  const held = () =>
    other
      .prepare('SELECT id FROM runs WHERE forgottenAt IS NULL')
      .all()
      .map(({ id }) => id)
  for (const id of ['one', 'two', 'three']) await journal.hold(runNamed(id))

  const first = journal.forget('one', 'later')
  await directory.clock.advance(199)
  const waiting = held()
  await directory.clock.advance(1)
  await first
  const afterAWhile = held()
  const second = journal.forget('two', 'later')
  await journal.hold(runNamed('two'))
  await second
  const withTheNext = held()
  void journal.forget('three', 'later')
  await journal.close()

  expect([waiting, afterAWhile, withTheNext]).toEqual([
    ['one', 'two', 'three'],
    ['two', 'three'],
    ['three', 'two'],
  ])
  expect(held()).toEqual(['two'])
})

test('an asker who is wrong changes no state', async () => {
  await using directory = await createJournalDirectory()
  await using story = await openStore(directory)
  await story.hold('one', 10)

  await expect(story.hold('one', 10)).rejects.toMatchObject({ code: 'run_conflict' })

  expect(story.states.current.name).toBe('ok')
})

type Directory = Awaited<ReturnType<typeof createJournalDirectory>>

/** A store whose open file the test can reach, because SQLite's real errors are made on the handle itself. */
async function openStore(directory: Directory) {
  const options = fileOptions(directory.path)
  const { paths, seal } = options
  const opened: JournalFile[] = []
  const open = () => {
    const file = openJournalFile(options)
    opened.push(file)
    return file
  }
  const states = createJournalStates(paths)
  const { clock, log } = directory
  const store = createJournalStore({ open, counted: async () => {}, paths, states, clock, endOfTurn: systemTurn, log })
  await store.start()
  const file = () => {
    const last = opened.at(-1)
    if (last === undefined) throw new Error('the store has opened no file')
    return last
  }
  return {
    states,
    file,
    hold: (id: string, byteCount: number) => {
      const { order, ...run } = runNamed(id)
      const sealedOrder = seal.close(
        { run: id, kind: 'order' },
        JSON.stringify({ ...order, text: 'x'.repeat(byteCount) }),
      )
      return store.write(({ writes }) => writes.hold({ ...run, sealedOrder, approved: 0 }))
    },
    ids: () => store.read(({ reads }) => reads.held().map(({ id }) => id)),
    [Symbol.asyncDispose]: store.close,
  }
}
