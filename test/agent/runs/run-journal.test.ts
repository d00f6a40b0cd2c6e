import { describe, expect, test } from 'vitest'
import type { Step } from '../../../agent/jumpcloud/bookmark.ts'
import { makeHeldRun } from '../../support/held-run.ts'
import { pagesOf } from '../../support/pages.ts'
import { createJournalDirectory } from '../journal/open-test-journal.ts'

async function openRun() {
  await using stack = new AsyncDisposableStack()
  const directory = stack.use(await createJournalDirectory())
  const journal = stack.use(await directory.open())
  const all = stack.move()
  const run = makeHeldRun({ id: 'run-1', journal })
  return { directory, journal, run, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

const [first, second, third] = pagesOf('[1]', '[2]', '[3]')
if (first === undefined || second === undefined || third === undefined) throw new Error('three pages were made')
const step: Step = { kind: 'list', at: 1, ids: ['a'], between: [], isSortDropped: false }

describe('a read', () => {
  test('is in the journal from its second page on, with the first', async () => {
    await using open = await openRun()
    const { journal, run } = open

    await run.journal.page({ page: first, step })
    const before = await journal.recover()
    await run.journal.page({ page: second, step })

    expect(before).toEqual([])
    expect(await journal.recover()).toMatchObject([
      {
        ...{ id: 'run-1', effect: 'read', pageCount: 2 },
        pages: [{ rows: '[1]' }, { rows: '[2]' }],
        progress: [
          { step, digest: first.digest },
          { step, digest: second.digest },
        ],
      },
    ])
  })

  test('of one page leaves nothing behind, whatever it answers', async () => {
    await using open = await openRun()
    const { journal, run } = open

    await run.journal.answerRead({ type: 'done', outcome: undefined }, [{ page: first, step }])
    run.journal.stored(0)
    run.journal.forget()

    expect(await journal.recover()).toEqual([])
    expect(journal.used('run-1')).toBeUndefined()
  })

  test('has its last page and its answer from one step', async () => {
    await using open = await openRun()
    const { journal, run } = open
    await run.journal.page({ page: first, step })
    await run.journal.page({ page: second, step })

    await run.journal.answerRead({ type: 'done', outcome: undefined }, [{ page: third, step }])

    expect(await journal.recover()).toMatchObject([{ pageCount: 3, answer: { type: 'done' } }])
  })

  test('is refused at its second page where its id stands for other bytes', async () => {
    await using open = await openRun()
    const { journal, run } = open
    const other = makeHeldRun({ id: 'run-1', journal, order: { digest: 'another' } })
    await other.journal.hold('write')
    await run.journal.page({ page: first, step })

    await expect(run.journal.page({ page: second, step })).rejects.toMatchObject({ code: 'run_conflict' })
  })

  test('goes on without a journal that cannot be written, and is not held there any more', async () => {
    await using open = await openRun()
    const { journal, directory, run } = open
    await run.journal.page({ page: first, step })
    await run.journal.page({ page: second, step })
    await journal.close()

    await run.journal.page({ page: third, step })
    await run.journal.answerRead({ type: 'done', outcome: undefined })

    expect(run.journal.isHeld).toBe(false)
    await using later = await directory.open()
    expect(await later.recover()).toMatchObject([{ pageCount: 2, answer: undefined }])
  })
})

describe('a write', () => {
  test('is held before anything, and its intents are settled one by one', async () => {
    await using open = await openRun()
    const { journal, run } = open
    await run.journal.hold('write')

    const may = await run.journal.intend('user-1')
    await run.journal.intend('user-2')
    await run.journal.settle('user-1', { outcome: 'applied' })
    await run.journal.settle('user-3', { outcome: 'already' })

    expect(may).toBe(true)
    expect(await journal.recover()).toMatchObject([
      {
        effect: 'write',
        intents: [
          { target: 'user-1', row: { outcome: 'applied' } },
          { target: 'user-2', row: undefined },
        ],
      },
    ])
  })

  test('may send nothing that was not written down, and still tells what it knows', async () => {
    await using open = await openRun()
    const { journal, run } = open
    await run.journal.hold('write')
    await journal.close()

    expect(await run.journal.intend('user-1')).toBe(false)
    await run.journal.answerWrite({ type: 'done', outcome: 'not_applied' }, [{ page: first, step: undefined }])
  })

  test('that could not be held may send nothing', async () => {
    await using open = await openRun()
    const { journal, run } = open
    await journal.close()

    await expect(run.journal.hold('write')).rejects.toMatchObject({ code: 'journal_unavailable' })

    expect(await run.journal.intend('user-1')).toBe(false)
  })
})

test('a read goes on where the file was lost and begun anew under it', async () => {
  await using open = await openRun()
  const { journal, run } = open
  await run.journal.page({ page: first, step })
  await run.journal.page({ page: second, step })
  await journal.forget('run-1')

  await run.journal.page({ page: third, step })

  expect(run.journal.isHeld).toBe(false)
})

test('is held once', async () => {
  await using open = await openRun()
  await open.run.journal.hold('write')

  await expect(open.run.journal.hold('write')).rejects.toThrow('journal run run-1: no step from held to held')
  expect(open.run.journal.isHeld).toBe(true)
})

test('is not held any more once it was forgotten', async () => {
  await using open = await openRun()
  open.run.journal.forget()
  open.run.journal.forget()

  await expect(open.run.journal.hold('write')).rejects.toThrow('no step from over to held')
  expect(await open.journal.recover()).toEqual([])
})

test('a defect is not taken for a file that fails', async () => {
  await using open = await openRun()
  const broken = { ...open.journal, page: () => Promise.reject(new TypeError('page is broken')) }
  const run = makeHeldRun({ id: 'run-1', journal: broken })
  await run.journal.page({ page: first, step })

  await expect(run.journal.page({ page: second, step })).rejects.toThrow('page is broken')
})
