import { createHash } from 'node:crypto'
import { jobs, limits } from '@sallyport/protocol'
import { describe, expect, test } from 'vitest'
import { createTally, recallTally } from '../../../control-plane/runs/tally.ts'
import { openSqliteStore } from '../../../control-plane/store/sqlite.ts'
import { groupRow } from '../../support/submissions.ts'
import { aRun, withRunSent } from '../store/store-fixtures.ts'

const contract = await jobs['groups.list'].load()
const rows = [groupRow(1), groupRow(2)]
const text = JSON.stringify(rows)
const hash = (over: string) => createHash('sha256').update(over).digest('hex')
const sha256 = hash(hash(text) + text)

test('takes pages in order, each once', () => {
  const tally = createTally(contract)

  const taken = [0, 2, 1, 0].map((seq) => tally.take({ seq, text, rows }))

  expect(taken).toEqual(['taken', 'gap', 'taken', 'repeat'])
  expect(tally.nextSeq()).toBe(2)
  expect(() => tally.check({ pages: 2, rowCount: 4, sha256 })).not.toThrow()
})

test('takes no page at all and an empty page for the same: nothing', () => {
  const nothing = createHash('sha256').digest('hex')
  const empty = createTally(contract)
  empty.take({ seq: 0, text: '[]', rows: [] })

  expect(() => createTally(contract).check({ pages: 0, rowCount: 0, sha256: nothing })).not.toThrow()
  expect(() =>
    empty.check({ pages: 1, rowCount: 0, sha256: createHash('sha256').update('[]').digest('hex') }),
  ).not.toThrow()
})

test('of what is stored lets others have their turn after each sixteen pages', async () => {
  await using store = await withRunSent(() => openSqliteStore({ path: ':memory:' }))
  const page = { run: aRun.id, attempt: 1, rows: text, rowCount: rows.length }
  await Promise.all(Array.from({ length: 33 }, (_, seq) => store.pages.add({ ...page, seq })))
  const asked: number[] = []
  const { list } = store.pages
  const countAndList: typeof list = (run, attempt, listing) => {
    asked.push(listing.from)
    return list(run, attempt, listing)
  }
  const askedAtTurns: (readonly number[])[] = []
  const endOfTurn = (then: () => void) => {
    askedAtTurns.push([...asked])
    setImmediate(then)
  }

  const pages = { ...store.pages, list: countAndList }
  const tally = await recallTally({ store: { pages }, contract, run: { id: aRun.id, attempt: 1 }, endOfTurn })

  expect(tally.nextSeq()).toBe(33)
  expect(askedAtTurns).toEqual([[0], [0, 16]])
})

describe('refuses', () => {
  test('a row that the job does not describe, and lets members pass that it does not name', () => {
    const tally = createTally(contract)

    expect(tally.take({ seq: 0, text, rows: [{ ...groupRow(1), colour: 'red' }] })).toBe('taken')
    expect(() => tally.take({ seq: 1, text, rows: [{ ...groupRow(1), name: 7 }] })).toThrow(
      'row 1 of groups.list: name',
    )
  })

  test('a page that is too large, by its bytes and not its characters', () => {
    const large = `["${'é'.repeat(limits.pageBytes / 2)}"]`

    expect(() => createTally(contract).take({ seq: 0, text: large, rows: [] })).toThrow(
      expect.objectContaining({ code: 'frame_too_large' }),
    )
  })
})
