import { expect, test } from 'vitest'
import type { Journal } from '../../../agent/journal/journal.ts'
import { usedLimits } from '../../../agent/journal/used-ids.ts'
import { createJournalDirectory, pageOf, runNamed } from './open-test-journal.ts'

const days = 24 * 60 * 60 * 1000

test('ids of writes are kept 90 days, of reads 7, and what is held is not touched', async () => {
  await using directory = await createJournalDirectory()
  await using journal = await directory.open()
  await use(journal, 'read', 'a read')
  await use(journal, 'write', 'a write')
  await journal.hold(runNamed('held'))
  const known = async () => {
    const ids = ['a read', 'a write', 'held']
    const found = await Promise.all(ids.map(async (id) => ((await journal.used(id)) ? [id] : [])))
    return found.flat()
  }

  await directory.clock.advance(7 * days - 1)
  await use(journal, 'read', 'another')
  expect(await known()).toEqual(['a read', 'a write', 'held'])

  await directory.clock.advance(60 * 60 * 1000)
  await use(journal, 'read', 'another still')
  expect(await known()).toEqual(['a write', 'held'])

  await directory.clock.advance(83 * days)
  await use(journal, 'read', 'the last')
  expect(await known()).toEqual(['held'])
})

test('with a write its rows go too', async () => {
  await using directory = await createJournalDirectory()
  await using journal = await directory.open()
  await use(journal, 'write', 'a write')

  await directory.clock.advance(91 * days)
  await use(journal, 'read', 'another')

  using other = directory.connect()
  expect(other.prepare('SELECT count(*) AS count FROM pages').get()).toEqual({ count: 0 })
})

test('past their bound the oldest go, those of reads first, and the log says so', async () => {
  await using directory = await createJournalDirectory()
  await using journal = await directory.open({ usedLimits: { ...usedLimits, count: 3 } })
  for (const id of ['w1', 'w2', 'w3']) await use(journal, 'write', id)
  expect(directory.lines).toEqual([])

  await use(journal, 'read', 'r1')
  await use(journal, 'write', 'w4')

  const found = await Promise.all(['w1', 'w2', 'w3', 'w4', 'r1'].map((id) => journal.used(id)))
  expect(found.map((one) => one !== undefined)).toEqual([false, true, true, true, false])
  expect(directory.lines.map(({ event }) => event)).toEqual(['journal.used_ids_dropped', 'journal.used_ids_dropped'])
  expect(directory.lines[0]?.fields).toMatchObject({ droppedCount: 1, keptCount: 3 })
})

test('past their bound those that the customer approved go last', async () => {
  await using directory = await createJournalDirectory()
  await using journal = await directory.open({ usedLimits: { ...usedLimits, count: 3 } })
  await journal.hold({ ...runNamed('approved', { effect: 'write' }), isApproved: true })
  await journal.answer('approved', { type: 'done' })
  await journal.forget('approved')

  for (const id of ['w1', 'w2', 'w3', 'w4']) await use(journal, 'write', id)

  const found = await Promise.all(['approved', 'w1', 'w2', 'w3', 'w4'].map((id) => journal.used(id)))
  expect(found.map((one) => one !== undefined)).toEqual([true, false, false, true, true])
})

async function use(journal: Journal, effect: 'read' | 'write', id: string): Promise<void> {
  await journal.hold(runNamed(id, { effect }))
  await journal.answer(id, { type: 'done' }, [pageOf(0)])
  await journal.forget(id)
}

test('a write has its pages and its answer, or neither', async () => {
  await using directory = await createJournalDirectory()
  await using journal = await directory.open()
  await journal.hold(runNamed('one', { effect: 'write' }))

  await expect(journal.answer('one', { type: 'done' }, [pageOf(0), pageOf(2)])).rejects.toThrow('add page 2 of run one')

  expect(await journal.recover()).toMatchObject([{ pages: [], pageCount: 0, answer: undefined }])
})
