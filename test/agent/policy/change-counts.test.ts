import { expect, test } from 'vitest'
import type { CountedChange } from '../../../agent/journal/counted-changes.ts'
import { hourMs } from '../../../agent/policy/caps.ts'
import { createChangeCounts } from '../../../agent/policy/change-counts.ts'
import { createJournalDirectory } from '../journal/open-test-journal.ts'

const change = (run: string, part: Partial<CountedChange> = {}): CountedChange => ({
  ...{ run, connection: 'main', members: 'add', group: 'g', at: 5 * hourMs, count: 3 },
  ...part,
})

test('knows nothing before it was loaded, and counts nothing', async () => {
  await using directory = await createJournalDirectory()
  await using journal = await directory.open()
  const counts = createChangeCounts(journal)

  expect(counts.before('run-1', 'main')).toBeUndefined()
  await expect(counts.add([change('run-1')])).rejects.toMatchObject({ code: 'journal_unavailable' })
})

test('counts at once, for those who come later and not for the run itself', async () => {
  await using directory = await createJournalDirectory()
  await using journal = await directory.open()
  const counts = createChangeCounts(journal)
  await counts.load()

  const adding = [counts.add([change('run-1')]), counts.add([change('run-2'), change('run-2', { group: 'h' })])]

  expect(counts.before('run-1', 'main')).toEqual([])
  expect(counts.before('run-2', 'main')).toEqual([{ ...change('run-1'), isUnderWay: true }])
  expect(counts.before('run-3', 'main')).toHaveLength(3)
  expect(counts.before('run-3', 'other')).toEqual([])
  await Promise.all(adding)
})

test('what was counted is still counted by the next process, without what was given back or is long ago', async () => {
  await using directory = await createJournalDirectory()
  {
    await using journal = await directory.open()
    const counts = createChangeCounts(journal)
    await counts.load()
    await counts.add([change('run-1', { at: hourMs })])
    await counts.add([change('run-2')])
    await counts.add([change('run-3', { members: 'remove' })])
    await counts.lower('run-3', 1)
    await counts.lower('run-2', 7)
  }

  await using journal = await directory.open()
  const counts = createChangeCounts(journal)
  await Promise.all([counts.load(), counts.load()])

  expect(counts.before('', 'main')).toEqual([change('run-2'), change('run-3', { members: 'remove', count: 1 })])
})

test('is loaded again where the journal could not be read', async () => {
  let reads = 0
  const counted = async () => {
    reads += 1
    if (reads === 1) throw new Error('away')
    return [change('run-1')]
  }
  const counts = createChangeCounts({ counted, count: async () => {}, lowerCount: async () => {} })

  await expect(counts.load()).rejects.toThrow('away')
  await counts.load()

  expect(counts.before('', 'main')).toEqual([change('run-1')])
})

test('tells what was over when a change was counted from what was under way then, whatever became of it since', async () => {
  await using directory = await createJournalDirectory()
  await using journal = await directory.open()
  const counts = createChangeCounts(journal)
  await counts.load()
  await counts.add([change('run-1')])
  await counts.add([change('run-2')])
  await counts.lower('run-1', 3)
  await counts.add([change('run-3')])
  await counts.lower('run-2', 1)

  expect(counts.before('run-3', 'main')).toEqual([
    change('run-1'),
    { ...change('run-2', { count: 1 }), isUnderWay: true },
  ])
  expect(counts.before('run-4', 'main')).toEqual([
    change('run-1'),
    change('run-2', { count: 1 }),
    { ...change('run-3'), isUnderWay: true },
  ])
})
