import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCover } from '../../../agent/jumpcloud/cover.ts'

const create = () => createCover<number>({ idOf: String, operation: 'list rows' })
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

test('touches a page that shares a row with what was read', () => {
  const cover = create()
  cover.add(range(0, 10))

  expect([cover.touches([9, 10]), cover.touches([10, 11])]).toEqual([true, false])
})

test('takes rows that go, rows that come in between, and a row that shows up twice', () => {
  const cover = create()
  cover.add(range(0, 100))
  cover.add([90, 91, 1000, 93, 99, ...range(100, 150)])

  expect(() => cover.add([89, 90, 1000, 91, 93, 5, 99, ...range(100, 160)])).not.toThrow()
})

test('refuses an order that is made up anew for each page', () => {
  const cover = create()
  cover.add(range(0, 100))

  expect(() => cover.add([97, 3, 55, 8, 41, 2, ...range(100, 150)])).toThrow(
    expect.objectContaining({ code: 'listing_unstable', message: expect.stringContaining('list rows') }),
  )
})

test('never refuses pages of rows that keep their order, whatever goes', () => {
  const pages = fc.array(fc.tuple(fc.nat(90), fc.array(fc.nat(130), { maxLength: 20 })), { maxLength: 8 })
  const property = fc.property(pages, (reads) => {
    const cover = create()
    for (const [from, gone] of reads) cover.add(range(from, from + 40).filter((row) => !gone.includes(row)))
  })

  expect(() => fc.assert(property)).not.toThrow()
})
