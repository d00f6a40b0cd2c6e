import { readFile, stat } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { createJournalDirectory, pageOf, progressAt, runNamed } from './open-test-journal.ts'

describe('a held run', () => {
  test('comes back after a crash with its pages, progress, intents and answer', async () => {
    await using directory = await createJournalDirectory()
    await using crashed = await directory.open()
    await crashed.hold(runNamed('one', { effect: 'write', attempt: 2 }))
    await crashed.page('one', pageOf(0), progressAt(0))
    await crashed.intend('one', 'user a')
    await crashed.intend('one', 'user b')
    await crashed.settle('one', 'user a', { outcome: 'applied' })
    await crashed.answer('one', { type: 'done', outcome: 'unknown' })

    await using journal = await directory.open()
    const runs = await journal.recover()

    expect(runs).toEqual([
      {
        ...runNamed('one', { effect: 'write', attempt: 2 }),
        pages: [pageOf(0)],
        pageCount: 1,
        rowCount: 1,
        storedCount: 0,
        progress: [progressAt(0)],
        intents: [
          { target: 'user a', row: { outcome: 'applied' } },
          { target: 'user b', row: undefined },
        ],
        answer: { type: 'done', outcome: 'unknown' },
      },
    ])
  })

  test('has nothing but its order at first', async () => {
    await using directory = await createJournalDirectory()
    await using journal = await directory.open()

    await journal.hold(runNamed('one'))

    const none = { pages: [], pageCount: 0, rowCount: 0, storedCount: 0, intents: [] }
    expect(await journal.recover()).toEqual([{ ...runNamed('one'), ...none, progress: [], answer: undefined }])
  })

  test('of a read loses the pages that are stored, and keeps count of them', async () => {
    await using directory = await createJournalDirectory()
    await using journal = await directory.open()
    await journal.hold(runNamed('one'))
    for (const seq of [0, 1, 2]) await journal.page('one', pageOf(seq), progressAt(seq))

    await journal.stored('one', 1)

    const [run] = await journal.recover()
    expect(run).toMatchObject({
      pages: [pageOf(2)],
      pageCount: 3,
      rowCount: 3,
      storedCount: 2,
      progress: [0, 1, 2].map(progressAt),
    })
  })

  test('of a write keeps the pages that are stored, because it may be asked for again', async () => {
    await using directory = await createJournalDirectory()
    await using journal = await directory.open()
    await journal.hold(runNamed('one', { effect: 'write' }))
    await journal.answer('one', { type: 'done' }, [pageOf(0)])

    await journal.stored('one', 0)

    expect(await journal.recover()).toMatchObject([{ pages: [pageOf(0)], storedCount: 1 }])
  })

  test('goes on under the number of another attempt', async () => {
    await using directory = await createJournalDirectory()
    await using journal = await directory.open()
    const { order } = runNamed('one')
    await journal.hold(runNamed('one'))

    await journal.become({ id: 'one', attempt: 4, order: { ...order, doubtful: true } })

    expect(await journal.recover()).toMatchObject([{ attempt: 4, order: { ...order, doubtful: true } }])
  })

  test('takes the page that is due and no other, and no change that was never meant', async () => {
    await using directory = await createJournalDirectory()
    await using journal = await directory.open()
    await journal.hold(runNamed('one'))
    await journal.intend('one', 'user a')
    await journal.settle('one', 'user a', { outcome: 'applied' })

    await expect(journal.page('one', pageOf(1), progressAt(1))).rejects.toThrow('add page 1 of run one')
    await expect(journal.page('two', pageOf(0), progressAt(0))).rejects.toThrow('add page 0 of run two')
    await expect(journal.intend('two', 'user a')).rejects.toThrow('intend a change of run two')
    await expect(journal.intend('one', 'user a')).rejects.toThrow('intend a change of run one')
    await expect(journal.settle('one', 'user b', {})).rejects.toThrow('settle a change of run one')
    await expect(journal.answer('two', {})).rejects.toThrow('answer run two')
    expect(journal.state.name).toBe('ok')
  })

  test('may mean a change again until it is settled', async () => {
    await using directory = await createJournalDirectory()
    await using journal = await directory.open()
    await journal.hold(runNamed('one', { effect: 'write' }))
    await journal.intend('one', 'user a')

    await journal.intend('one', 'user a')

    expect(await journal.recover()).toMatchObject([{ intents: [{ target: 'user a', row: undefined }] }])
  })
})

describe('an id that was used', () => {
  test('of a read stays without what it said', async () => {
    await using directory = await createJournalDirectory()
    await using journal = await directory.open()
    await journal.hold(runNamed('one'))
    await journal.page('one', pageOf(0), progressAt(0))
    await journal.answer('one', { type: 'done' })

    await journal.forget('one')

    const known = { digest: 'digest of one', effect: 'read', at: directory.clock.now(), isHeld: false, rowCount: 1 }
    expect(await journal.used('one')).toEqual({ ...known, answer: undefined, pages: [] })
    expect(await journal.recover()).toEqual([])
  })

  test('of a write stays with its first answer and its rows', async () => {
    await using directory = await createJournalDirectory()
    await using journal = await directory.open()
    await journal.hold(runNamed('one', { effect: 'write' }))
    await journal.answer('one', { type: 'done', outcome: 'applied' }, [pageOf(0)])

    await journal.forget('one')

    expect(await journal.used('one')).toMatchObject({
      effect: 'write',
      isHeld: false,
      answer: { type: 'done', outcome: 'applied' },
      pages: [pageOf(0)],
    })
    await expect(journal.hold(runNamed('one', { effect: 'write' }))).rejects.toMatchObject({ code: 'run_conflict' })
  })

  test('is known while its run is held', async () => {
    await using directory = await createJournalDirectory()
    await using journal = await directory.open()

    await journal.hold(runNamed('one'))

    expect(await journal.used('one')).toMatchObject({ digest: 'digest of one', at: 1_000, isHeld: true })
    expect(await journal.used('two')).toBeUndefined()
  })

  test('may be held again by the same bytes while nothing was answered, and never by others', async () => {
    await using directory = await createJournalDirectory()
    await using journal = await directory.open()
    await journal.hold(runNamed('one', { effect: 'write' }))
    await journal.forget('one')

    await expect(journal.hold(runNamed('one', { digest: 'other' }))).rejects.toMatchObject({ code: 'run_conflict' })
    await journal.hold(runNamed('one', { effect: 'write', attempt: 2 }))

    expect(await journal.recover()).toMatchObject([{ id: 'one', attempt: 2 }])
    await expect(journal.hold(runNamed('one', { effect: 'write' }))).rejects.toMatchObject({ code: 'run_conflict' })
  })

  test('that is unknown is forgotten without a word', async () => {
    await using directory = await createJournalDirectory()
    await using journal = await directory.open()

    await journal.forget('one')

    expect(await journal.used('one')).toBeUndefined()
  })
})

describe('what is asked for in one turn', () => {
  test('is committed together, and one that fails takes no other with it', async () => {
    await using directory = await createJournalDirectory()
    await using journal = await directory.open()
    using other = directory.connect()
    const frames = () => Number(other.prepare('PRAGMA data_version').get()?.data_version)
    await journal.hold(runNamed('one'))
    const before = frames()

    const settled = await Promise.allSettled([
      journal.hold(runNamed('two')),
      journal.hold(runNamed('one', { digest: 'other' })),
      journal.page('two', pageOf(0), progressAt(0)),
      journal.page('two', pageOf(7), progressAt(7)),
      journal.recover(),
    ])

    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'])
    expect(settled[4]).toMatchObject({
      value: [
        { id: 'one', pageCount: 0 },
        { id: 'two', pageCount: 1 },
      ],
    })
    expect(frames()).toBe(before + 1)
  })

  test('is committed before the journal closes, and nothing after', async () => {
    await using directory = await createJournalDirectory()
    const first = await directory.open()
    const held = first.hold(runNamed('one'))

    await first.close()
    await first.close()

    await held
    await expect(first.hold(runNamed('two'))).rejects.toThrow('the journal is closed')
    await using journal = await directory.open()
    expect(await journal.recover()).toMatchObject([{ id: 'one' }])
  })
})

describe('the files', () => {
  test('are for their owner alone', async () => {
    await using directory = await createJournalDirectory()
    await using journal = await directory.open()
    await journal.hold(runNamed('one'))

    const paths = ['', '-wal', '-shm'].map((suffix) => `${directory.database}${suffix}`)
    const modes = await Promise.all(paths.map(async (path) => (await stat(path)).mode & 0o777))

    expect(modes).toEqual([0o600, 0o600, 0o600])
  })

  test('hold ids in the open, and nothing of what runs ask, say and change', async () => {
    await using directory = await createJournalDirectory()
    const journal = await directory.open()
    await journal.hold(runNamed('run-id', { effect: 'write' }))
    await journal.page('run-id', pageOf(0, 'planted'), { step: 'planted', digest: 'planted' })
    await journal.intend('run-id', 'planted user')
    await journal.settle('run-id', 'planted user', { planted: true })
    await journal.answer('run-id', { planted: true })

    const log = await readFile(`${directory.database}-wal`)
    await journal.close()
    const written = Buffer.concat([log, await readFile(directory.database)]).toString('latin1')

    expect(written).toContain('run-id')
    expect(written).not.toMatch(/planted|secretive|params/)
  })
})
