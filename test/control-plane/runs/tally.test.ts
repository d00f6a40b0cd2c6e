import { createHash } from 'node:crypto'
import { jobs, limits } from '@sallyport/protocol'
import { describe, expect, test } from 'vitest'
import { createTally } from '../../../control-plane/runs/tally.ts'
import { groupRow } from '../../support/submissions.ts'

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
